/** Environment variables, as `process.env` has them. */
export type Variables = Readonly<Record<string, string | undefined>>;

type Family = {
  readonly names: RegExp;
  /** Those of the family that pass, for the user may need them, and they lead nowhere else. */
  readonly except?: RegExp;
};

/**
 * Variables that lead a program to another project, place or program than the one it is started for, or load something
 * into it. They are set by what happens to be around: a hook of git, npm, Bundler, another tool's shell.
 */
const redirecting: readonly Family[] = [
  // another project's folder, Vagrantfile, machines or provider
  { names: /^VAGRANT_/, except: /^VAGRANT_(HOME|LOG|SERVER_URL)$/ },
  // another hypervisor
  { names: /^(LIBVIRT|VIRSH|QEMU)_/ },
  // another repository, index or work tree; what only says who asks, and how, passes, as do the switches of git's own tests
  {
    names: /^GIT_/,
    except:
      /^GIT_(ASKPASS|SSH|SSH_COMMAND|TERMINAL_PROMPT|CONFIG_(GLOBAL|SYSTEM|NOSYSTEM)|TEST_\w+|(AUTHOR|COMMITTER)_\w+)$/,
  },
  // another project's containers; which engine is the user's choice
  { names: /^COMPOSE_/ },
  // modules of somewhere else, channels and files of the parent
  {
    names: /^NODE_(PATH|CHANNEL_\w+|UNIQUE_ID|V8_COVERAGE|REDIRECT_WARNINGS|REPL_\w+|TEST_CONTEXT|RUN_\w+)$/,
  },
  // what npm and Nx tell their own children of this project; registries, proxies and who asks pass
  { names: /^(NX_|INIT_CWD$|PROJECT_CWD$)/ },
  {
    names: /^npm_/i,
    except:
      /^npm_(token|config_(registry|@.*|\/\/.*|userconfig|globalconfig|cache|ca|cafile|cert|key|proxy|https[-_]proxy|no_?proxy|strict[-_]ssl|_auth.*|maxsockets|fetch[-_].*|offline|prefer[-_]offline|replace[-_]registry[-_]host))$/i,
  },
  // code that the loader puts into every program
  { names: /^(LD_(PRELOAD|AUDIT|DEBUG\w*|PROFILE\w*)|DYLD_INSERT_LIBRARIES)$/ },
  // gems, modules and options of another project: Vagrant is Ruby, mmdebstrap is Perl
  { names: /^(RUBY(OPT|LIB|PATH|SHELL)|BUNDLER?_\w+|GEM_(HOME|PATH))$/ },
  { names: /^(PERL5(OPT|LIB|DB)|PERLLIB|PYTHON(PATH|HOME|STARTUP))$/ },
  // scripts that a shell runs first, functions in place of programs, another start for relative paths
  { names: /^(BASH_ENV|ENV|SHELLOPTS|BASHOPTS|CDPATH|BASH_FUNC_.*)$/ },
  // another root for packages
  { names: /^DPKG_/ },
  // the run that this process belongs to: what it starts may belong to another, or to none
  { names: /^TARE_(RUN|RUNNER|ENVIRONMENT|INSTANCE)$/ },
];

/** Of NODE_OPTIONS the sizes of memory pass: a build may need them. */
const harmlessNodeOption = /^--(max-old-space-size|max-semi-space-size|stack-size)=\d+$/;

/**
 * The environment of every program that the suite starts for its own ends: the inherited one without what would lead
 * it elsewhere, and what the caller adds.
 */
export function childEnvironment(
  added: Variables = {},
  inherited: Variables = process.env,
): NodeJS.ProcessEnv {
  const { NODE_OPTIONS, ...rest } = inherited;
  const options = (NODE_OPTIONS ?? '').split(/\s+/).filter((option) => harmlessNodeOption.test(option));
  const passed = Object.entries(rest).filter(
    ([name]) => !redirecting.some(({ names, except }) => names.test(name) && except?.test(name) !== true),
  );
  return {
    ...Object.fromEntries(passed),
    ...(options.length > 0 && { NODE_OPTIONS: options.join(' ') }),
    ...added,
  };
}
