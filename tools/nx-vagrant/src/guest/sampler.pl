# Runs in the guest, by perl-base, which every Debian has. Answers each line of its input at once with a line of JSON:
#   clock -> {"kind":"clock","atNs":"…"}                                      the guest's CLOCK_MONOTONIC
#   use   -> {"kind":"use","atNs":"…","cpuNs":"…","memoryBytes":…}            what the processes of a cgroup have used so far,
#            and "writtenBytes":"…", to storage, when it runs as root,
#            and "diskWrites":{"count":"…","tookMs":"…"}, of the guest's disks since it booted, where it has some
#         or {"kind":"idle","atNs":"…"}                                       when the cgroup has no process
# It also prints {"kind":"ended"} once, unasked, when the processes that it has seen are gone.
# CPU time is the larger of two sources: the threads' schedstat is exact but misses ended threads that were never seen;
# stat is complete but counts in steps of 10 ms. Memory is RssAnon + RssShmem.
use strict;
use warnings;
use POSIX ();

my ($folder) = @ARGV;
# perl-base has no Time::HiRes
my %clock_gettime = (x86_64 => 228, aarch64 => 113);
my $number = $clock_gettime{(POSIX::uname())[4]} or die "sampler: no clock on this architecture\n";
my $clock_monotonic = 1;
my $ns_per_tick = 1e9 / POSIX::sysconf(POSIX::_SC_CLK_TCK());
my (%processes, $seen, $told);
my $most_written = 0;
$| = 1;

sub now_ns {
  my $time = pack('qq', 0, 0);
  syscall($number, $clock_monotonic, $time);
  my ($seconds, $ns) = unpack('qq', $time);
  return $seconds * 1_000_000_000 + $ns;
}

sub reread {
  my ($handle) = @_;
  sysseek($handle, 0, 0);
  my $got = sysread($handle, my $text, 4096);
  return $got ? $text : undef;
}

sub open_file {
  open(my $handle, '<', $_[0]) or return undef;
  return $handle;
}

sub pids {
  my $handle = open_file("$folder/cgroup.procs") or return ();
  my $text = reread($handle);
  return defined $text ? split(' ', $text) : ();
}

sub watch {
  my ($pid) = @_;
  return if $processes{$pid};
  my $stat = open_file("/proc/$pid/stat") or return;
  my $status = open_file("/proc/$pid/status") or return;
  my $io = open_file("/proc/$pid/io");
  $processes{$pid} =
    { stat => $stat, status => $status, io => $io, threads => {}, ended => 0, cpu => 0, parent => 0, alive => 1 };
}

sub thread_ns {
  my ($pid, $process) = @_;
  my $threads = $process->{threads};
  if (opendir(my $tasks, "/proc/$pid/task")) {
    for my $id (readdir $tasks) {
      next if $id =~ /^\./ or $threads->{$id};
      my $handle = open_file("/proc/$pid/task/$id/schedstat") or next;
      $threads->{$id} = { handle => $handle, ns => 0 };
    }
    closedir $tasks;
  }
  my $sum = 0;
  for my $id (keys %$threads) {
    my $thread = $threads->{$id};
    my $text = reread($thread->{handle});
    if (defined $text) {
      ($thread->{ns}) = split(' ', $text);
      $sum += $thread->{ns};
    } else {
      $process->{ended} += $thread->{ns};
      delete $threads->{$id};
    }
  }
  return $sum + $process->{ended};
}

sub stat_ns {
  my ($process) = @_;
  my $text = reread($process->{stat});
  return undef unless defined $text;
  my @fields = split(' ', substr($text, rindex($text, ')') + 2));
  return undef if $fields[0] eq 'Z';
  $process->{parent} = $fields[1];
  return ($fields[11] + $fields[12]) * $ns_per_tick;
}

sub memory_bytes {
  my ($process) = @_;
  my $text = reread($process->{status});
  return 0 unless defined $text and $text =~ /^RssAnon:\s+(\d+) kB$/m;
  my $anonymous = $1;
  my $shared = $text =~ /^RssShmem:\s+(\d+) kB$/m ? $1 : 0;
  return ($anonymous + $shared) * 1024;
}

# Keeps the last reading of a process that has ended.
sub read_written {
  my ($process) = @_;
  my $text = $process->{io} ? reread($process->{io}) : undef;
  $process->{written} = $1 if defined $text and $text =~ /^write_bytes: (\d+)$/m;
}

# The kernel adds the account of an ended process to the process that waited for it.
sub written_bytes {
  my $sum = 0;
  for my $process (values %processes) {
    return undef unless defined $process->{written};
    $sum += $process->{written} if $process->{alive} or !$processes{ $process->{parent} };
  }
  $most_written = $sum if $sum > $most_written;
  return $most_written;
}

# Whole disks only: their partitions have lines of their own.
sub disk_writes {
  my $handle = open_file('/proc/diskstats') or return '';
  my ($found, $count, $took) = (0, 0, 0);
  while (my $line = <$handle>) {
    my @fields = split(' ', $line);
    next unless $fields[2] =~ /^(?:[hsv]d[a-z]+|xvd[a-z]+|nvme\d+n\d+|mmcblk\d+)$/;
    $found = 1;
    $count += $fields[7];
    $took += $fields[10];
  }
  return $found ? sprintf(',"diskWrites":{"count":"%d","tookMs":"%d"}', $count, $took) : '';
}

sub use_line {
  watch($_) for pids();
  my ($at, $cpu, $memory, $alive) = (now_ns(), 0, 0, 0);
  for my $pid (keys %processes) {
    my $process = $processes{$pid};
    if ($process->{alive}) {
      my $by_threads = thread_ns($pid, $process);
      my $by_process = stat_ns($process);
      if (defined $by_process) {
        for my $ns ($by_threads, $by_process) { $process->{cpu} = $ns if $ns > $process->{cpu} }
        $memory += memory_bytes($process);
        read_written($process);
        $alive++;
      } else {
        $process->{alive} = 0;
      }
    }
    $cpu += $process->{cpu};
  }
  return sprintf('{"kind":"idle","atNs":"%d"}', $at) unless $alive;
  my $written = written_bytes();
  my $storage = defined $written ? sprintf(',"writtenBytes":"%d"', $written) : '';
  $storage .= disk_writes();
  return sprintf('{"kind":"use","atNs":"%d","cpuNs":"%d","memoryBytes":%d%s}', $at, $cpu, $memory, $storage);
}

my $input = '';
while (1) {
  my $ready = '';
  vec($ready, fileno(STDIN), 1) = 1;
  my $count = select($ready, undef, undef, 0.5);
  if ($count > 0) {
    my $got = sysread(STDIN, $input, 4096, length $input);
    exit 0 unless $got;
    while ($input =~ s/^(.*)\n//) {
      my $reply = $1 eq 'clock' ? sprintf('{"kind":"clock","atNs":"%d"}', now_ns()) : use_line();
      syswrite(STDOUT, "$reply\n");
    }
  } elsif (!$told) {
    my @now = pids();
    $seen ||= @now > 0;
    if ($seen and !@now) {
      syswrite(STDOUT, "{\"kind\":\"ended\"}\n");
      $told = 1;
    }
  }
}
