# Runs in the guest, by perl-base, which every Debian has. Answers each line of its input at once with a line of JSON:
#   clock -> {"kind":"clock","atNs":"…"}     the guest's CLOCK_MONOTONIC
#   files -> {"kind":"files","atNs":"…","processes":{PID:{"stat":…,"status":…,"io":…,"threads":{TID:…}},…},"diskstats":…}
#            what is in the files of /proc of a cgroup's processes; of status and io only the lines that the host needs
# It also prints {"kind":"ended"} once, unasked, when the processes that it has seen are gone.
use strict;
use warnings;
use POSIX ();

my ($folder) = @ARGV;
# perl-base has no Time::HiRes
my %clock_gettime = (x86_64 => 228, aarch64 => 113);
my $number = $clock_gettime{(POSIX::uname())[4]} or die "sampler: no clock on this architecture\n";
my $clock_monotonic = 1;
my %escapes = map { chr, sprintf('\u%04x', $_) } 0 .. 31, ord '"', ord '\\';
my (%processes, $seen, $told);
$| = 1;

sub now_ns {
  my $time = pack('qq', 0, 0);
  syscall($number, $clock_monotonic, $time);
  my ($seconds, $ns) = unpack('qq', $time);
  return $seconds * 1_000_000_000 + $ns;
}

sub open_file {
  open(my $handle, '<', $_[0]) or return undef;
  return $handle;
}

sub reread {
  my ($handle) = @_;
  return undef unless $handle and sysseek($handle, 0, 0) and sysread($handle, my $text, 4096);
  chomp $text;
  return $text;
}

sub pids {
  my $text = reread(open_file("$folder/cgroup.procs"));
  return defined $text ? split(' ', $text) : ();
}

sub watch {
  my ($pid) = @_;
  return if $processes{$pid};
  my $stat = open_file("/proc/$pid/stat") or return;
  my ($status, $io) = map { open_file("/proc/$pid/$_") } 'status', 'io';
  $processes{$pid} = { stat => $stat, status => $status, io => $io, threads => {} };
}

# Text as JSON.
sub quoted {
  my ($text) = @_;
  $text =~ s/([\x00-\x1f"\\])/$escapes{$1}/g;
  return "\"$text\"";
}

sub threads {
  my ($pid, $handles) = @_;
  if (opendir(my $tasks, "/proc/$pid/task")) {
    for my $id (readdir $tasks) {
      next if $id =~ /^\./ or $handles->{$id};
      my $handle = open_file("/proc/$pid/task/$id/schedstat") or next;
      $handles->{$id} = $handle;
    }
    closedir $tasks;
  }
  my @texts;
  for my $id (keys %$handles) {
    my $text = reread($handles->{$id});
    if (defined $text) { push @texts, "\"$id\":\"$text\"" }
    else { delete $handles->{$id} }
  }
  return join(',', @texts);
}

sub files_of {
  my ($pid) = @_;
  my $process = $processes{$pid};
  my $threads = threads($pid, $process->{threads});
  my $stat = reread($process->{stat});
  return undef unless defined $stat;
  my ($status, $io) = (reread($process->{status}), reread($process->{io}));
  $status = defined $status && $status =~ /^(RssAnon:(?:.*\n){3})/m ? $1 : '';
  my $files = "\"threads\":{$threads},\"stat\":" . quoted($stat) . ',"status":' . quoted($status);
  $files .= ",\"io\":\"$1\"" if defined $io && $io =~ /^(write_bytes: \d+)/m;
  return "\"$pid\":{$files}";
}

sub files_line {
  watch($_) for pids();
  my $at = now_ns();
  my @processes;
  for my $pid (keys %processes) {
    my $files = files_of($pid);
    if (defined $files) { push @processes, $files }
    else { delete $processes{$pid} }
  }
  my $disks = open_file('/proc/diskstats');
  my $diskstats = $disks ? ',"diskstats":' . quoted(join('', <$disks>)) : '';
  return "{\"kind\":\"files\",\"atNs\":\"$at\",\"processes\":{" . join(',', @processes) . "}$diskstats}";
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
      my $reply = $1 eq 'clock' ? sprintf('{"kind":"clock","atNs":"%d"}', now_ns()) : files_line();
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
