import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';

/** The files of /proc that tell what some processes have used so far, as text, all read at one moment. */
export type ProcessFiles = {
  /** When they were read, on the monotonic clock of this host (`process.hrtime.bigint()`), in nanoseconds. */
  readonly atNs: bigint;
  /** By pid; a process that is gone is not among them. */
  readonly processes: Readonly<Record<string, FilesOfProcess>>;
  /** /proc/diskstats; absent where it cannot be read. */
  readonly diskstats?: string | undefined;
};

/** The files of /proc/PID. */
export type FilesOfProcess = {
  readonly stat: string;
  /** Its lines RssAnon and RssShmem are enough; it has neither when the process has ended and waits for its parent. */
  readonly status: string;
  /** Its line write_bytes is enough; absent where the kernel has no such file, or not for this user. */
  readonly io?: string | undefined;
  /** task/TID/schedstat, by TID; none in a kernel without SCHED_INFO. */
  readonly threads: Readonly<Record<string, string>>;
};

/** Reads files of processes again and again. */
export interface FilesReader {
  read(): Promise<ProcessFiles>;
  /** Never throws; may be called twice. */
  close(): Promise<void>;
}

/**
 * Reads the files of processes of this host, through descriptors that stay open.
 * @param pids the processes at this moment; asked at every reading. One that it leaves out later is read until it ends.
 */
export function openProcessFiles(pids: () => readonly number[]): FilesReader {
  const watched = new Map<number, OpenProcess>();
  const read = (): ProcessFiles => {
    for (const pid of pids()) {
      const opened = watched.has(pid) ? undefined : attempt(() => openProcess(pid));
      if (opened !== undefined) watched.set(pid, opened);
    }
    const atNs = process.hrtime.bigint();
    const processes: Record<string, FilesOfProcess> = {};
    for (const [pid, each] of watched) {
      const files = attempt(each.read);
      if (files !== undefined) processes[pid] = files;
    }
    return { atNs, processes, diskstats: attempt(() => readFileSync('/proc/diskstats', 'latin1')) };
  };
  return {
    read: () =>
      new Promise((resolve) => {
        resolve(read());
      }),
    close: () => {
      for (const { close } of watched.values()) close();
      watched.clear();
      return Promise.resolve();
    },
  };
}

type OpenProcess = { readonly read: () => FilesOfProcess; readonly close: () => void };

/** @throws Error when the process is gone already; so does its `read` later. */
function openProcess(pid: number): OpenProcess {
  const stat = openReader(`/proc/${pid}/stat`);
  const status = openReader(`/proc/${pid}/status`);
  const io = attempt(() => openReader(`/proc/${pid}/io`));
  const threads = new Map<string, OpenReader>();
  const readThreads = (): Readonly<Record<string, string>> => {
    for (const id of readdirSync(`/proc/${pid}/task`)) {
      const opened = threads.has(id)
        ? undefined
        : attempt(() => openReader(`/proc/${pid}/task/${id}/schedstat`));
      if (opened !== undefined) threads.set(id, opened);
    }
    const texts: Record<string, string> = {};
    for (const [id, reader] of threads) {
      const text = attempt(() => reader.read());
      if (text !== undefined) {
        texts[id] = text;
        continue;
      }
      reader.close();
      threads.delete(id);
    }
    return texts;
  };
  return {
    read: () => ({
      threads: readThreads(),
      stat: stat.read(),
      status: attempt(() => status.read()) ?? '',
      io: io && attempt(() => io.read()),
    }),
    close: () => {
      for (const reader of [stat, status, ...(io === undefined ? [] : [io]), ...threads.values()])
        reader.close();
      threads.clear();
    },
  };
}

/** Any file of a process may go away, or be another user's. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** A small file of the kernel that is read again and again through one open descriptor. */
interface OpenReader {
  /** @returns the file's text as of now. @throws Error with the code ESRCH or ENODEV when what it describes is gone. */
  read(): string;
  close(): void;
}

// The files of /proc and of cgroups that are read here hold less; one page of them comes in one read.
const bufferBytes = 4096;

/** Opens a file of /proc or of a cgroup: a read then costs one pread, a tenth of open, read, close. */
export function openReader(path: string): OpenReader {
  const descriptor = openSync(path, 'r');
  const buffer = Buffer.alloc(bufferBytes);
  let open = true;
  return {
    read: () => buffer.toString('latin1', 0, readSync(descriptor, buffer, 0, bufferBytes, 0)),
    close: () => {
      if (open) closeSync(descriptor);
      open = false;
    },
  };
}
