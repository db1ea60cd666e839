import { expect, it } from 'vitest';
import { childEnvironment } from './child-environment.ts';

const names = (text: string): Record<string, string> =>
  Object.fromEntries(text.split(' ').map((name) => [name, 'x']));

it('passes on what a user needs', () => {
  const needed = names(
    'PATH HOME TMPDIR LANG USER HTTPS_PROXY no_proxy SSL_CERT_FILE NODE_EXTRA_CA_CERTS NODE_ENV NODE_AUTH_TOKEN ' +
      'DOCKER_HOST DOCKER_CONTEXT SSH_AUTH_SOCK VAGRANT_HOME GIT_SSH_COMMAND GIT_CONFIG_GLOBAL NPM_CONFIG_REGISTRY ' +
      'npm_config_userconfig npm_config_https_proxy NPM_TOKEN LD_LIBRARY_PATH TARE_REQUIRE XDG_RUNTIME_DIR',
  );
  expect(childEnvironment({}, needed)).toEqual(needed);
});

it('keeps back what leads a program to another project, or loads something into it', () => {
  const redirecting = names(
    'VAGRANT_CWD VAGRANT_VAGRANTFILE VAGRANT_DOTFILE_PATH VAGRANT_DEFAULT_PROVIDER LIBVIRT_DEFAULT_URI VIRSH_DEFAULT_CONNECT_URI ' +
      'GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_COMMON_DIR GIT_OBJECT_DIRECTORY GIT_NAMESPACE GIT_CONFIG_COUNT GIT_TEMPLATE_DIR ' +
      'COMPOSE_FILE COMPOSE_PROJECT_NAME NODE_PATH NODE_CHANNEL_FD NX_WORKSPACE_ROOT_PATH NX_CACHE_DIRECTORY INIT_CWD ' +
      'npm_config_local_prefix npm_config_prefix npm_config_global npm_config_workspace npm_package_json npm_lifecycle_event ' +
      'NPM_CONFIG_PREFIX LD_PRELOAD LD_AUDIT DYLD_INSERT_LIBRARIES RUBYOPT BUNDLE_GEMFILE GEM_HOME PERL5OPT PYTHONPATH ' +
      'BASH_ENV ENV CDPATH BASH_FUNC_git%% DPKG_ROOT TARE_RUN TARE_RUNNER TARE_ENVIRONMENT TARE_INSTANCE',
  );
  expect(childEnvironment({}, redirecting)).toEqual({});
});

it('passes on what the caller adds, whatever it is', () => {
  expect(childEnvironment({ VAGRANT_CWD: '/here' }, { VAGRANT_CWD: '/there' })).toEqual({
    VAGRANT_CWD: '/here',
  });
});

it('takes the sizes of memory out of the options of Node', () => {
  const NODE_OPTIONS = '--require /other/project.cjs --max-old-space-size=8192  --inspect-brk --import=x';
  expect(childEnvironment({}, { NODE_OPTIONS })).toEqual({ NODE_OPTIONS: '--max-old-space-size=8192' });
  expect(childEnvironment({}, { NODE_OPTIONS: '--inspect' })).toEqual({});
});
