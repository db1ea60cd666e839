/** What a bench.config.ts names as the app of a workload. `node`, `files`, `project` and `image` make one. */
export type AppSource = NodeSource | FilesSource | ProjectSource | ImageSource;

/** One file that Node runs, all that it needs bundled into it. */
export type NodeSource = { readonly kind: 'node'; readonly file: URL };

/** A folder and the command that runs it. */
export type FilesSource = {
  readonly kind: 'files';
  readonly folder: URL;
  /**
   * Program and arguments, run in the folder. A program without a slash is looked for on PATH, "node" is the locked Node, and one with a slash
   * is relative to the folder. `$PORT` in an argument stands for the port.
   */
  readonly command: readonly string[];
  readonly base?: Base;
};

/** The userland of a `files` app in containers and machines; the shared one by default. */
export type Base =
  /** Debian packages besides those of the shared base: ["python3-flask", "gunicorn"]. */
  | { readonly packages: readonly string[] }
  /** An image that an engine has or gets: "python:3.13-slim". */
  | { readonly image: string };

/** What a project of the workspace builds. The tool that knows the workspace turns it into one of the others. */
export type ProjectSource = {
  readonly kind: 'project';
  readonly project: string;
  /** As in {@link FilesSource}; without one the project's own files tell. */
  readonly command?: readonly string[];
  readonly base?: Base;
  /** Put in when a configuration is loaded by a tool that knows the workspace. @throws Error in one line. */
  readonly resolve?: () => Promise<NodeSource | FilesSource>;
};

/** An image as it is shipped. */
export type ImageSource = {
  readonly kind: 'image';
  /** For messages: the reference, or the project that builds it. */
  readonly name: string;
  /** The project of the workspace that builds it, if one does. */
  readonly project?: string;
  /** @throws Error in one line with what to do when the image cannot be had. */
  read(signal: AbortSignal): Promise<Omit<ImageArtifact, 'workload' | 'project'>>;
};

/** An app that was found, read and hashed: the same bytes in every environment. */
export type Artifact = NodeArtifact | FilesArtifact | ImageArtifact;

type ArtifactOf = {
  /** Name of the workload it belongs to. */
  readonly workload: string;
  /** The project of the workspace that builds it, where the workload names one: its own name may be another. */
  readonly project?: string;
  /** Lower-case hex digest of its content: the file, or all of the folder, or the image. */
  readonly sha256: string;
  readonly bytes: number;
};

export type NodeArtifact = ArtifactOf & {
  readonly kind: 'node';
  /** Absolute path of the file. */
  readonly path: string;
};

export type FilesArtifact = ArtifactOf & {
  readonly kind: 'files';
  /** Absolute path of the folder. */
  readonly path: string;
  readonly command: readonly string[];
  readonly base?: Base;
};

export type ImageArtifact = ArtifactOf & {
  readonly kind: 'image';
  readonly reference: string;
  /** Absolute path of the image as `docker save` writes it. */
  readonly archive: string;
  readonly config: ImageConfig;
};

/** What an image says about how it is run. */
export type ImageConfig = {
  /** ENTRYPOINT and CMD together. */
  readonly command: readonly string[];
  /** "NAME=value". */
  readonly variables: readonly string[];
  readonly workingDirectory: string;
  /** As the image gives it: "", "app", "1000:1000". */
  readonly user: string;
  /** TCP ports of EXPOSE. */
  readonly ports: readonly number[];
};
