import { shellWords } from '../ssh/shell-words.ts';

/** What a launch wants for an app in the guest. */
export type Arrangement = {
  /** Environment variables besides those that provisioning has set. */
  readonly variables: Readonly<Record<string, string>>;
  /** The variable that names the app's folder for data; undefined for an app that keeps none. */
  readonly dataVariable: string | undefined;
};

/** Holds the data folders of all workloads, on the guest's disk; where systemd makes the state directories of services. */
export const dataFolders = '/var/lib/tare';

/**
 * A shell script that makes one workload the one that starts at boot and gives it what a launch wants by a drop-in of its
 * unit: variables, and a data folder that systemd makes, empty and its own, when the unit starts. Changes nothing that is
 * right already.
 */
export function arrangeScript(workload: string, arrangement: Arrangement): string {
  const unit = `tare@${workload}.service`;
  const folder = `/etc/systemd/system/${unit}.d`;
  const lines = settings(workload, arrangement);
  const wanted = lines.length === 0 ? '' : ['[Service]', ...lines].join('\n');
  const file = `${folder}/run.conf`;
  return [
    'set -eu',
    // of a trial that was cut off
    `rm -rf ${shellWords([dataFolders])}`,
    `wanted=${shellWords([wanted])}`,
    `have=$(cat ${shellWords([file])} 2>/dev/null || true)`,
    'if [ "$wanted" != "$have" ]; then',
    wanted === ''
      ? `  rm -f ${shellWords([file])}`
      : `  mkdir -p ${shellWords([folder])}; printf '%s\\n' "$wanted" > ${shellWords([file])}`,
    '  systemctl daemon-reload',
    'fi',
    `cd /etc/systemd/system/multi-user.target.wants`,
    'for link in tare@*.service; do',
    `  if [ -L "$link" ] && [ "$link" != ${shellWords([unit])} ]; then systemctl -q disable "$link"; fi`,
    'done',
    `[ -L ${shellWords([unit])} ] || systemctl -q enable ${shellWords([unit])}`,
    // a machine that is switched off next must find it on its disk
    'sync',
    '',
  ].join('\n');
}

function settings(workload: string, { variables, dataVariable }: Arrangement): readonly string[] {
  const environment = (name: string, value: string): string => `Environment=${quoted(`${name}=${value}`)}`;
  const given = Object.entries(variables).map(([name, value]) => environment(name, value));
  if (dataVariable === undefined) return given;
  return [
    ...given,
    environment(dataVariable, `${dataFolders}/${workload}`),
    // relative to /var/lib; it is writable although the system is not
    `StateDirectory=tare/${workload}`,
    'StateDirectoryMode=0700',
  ];
}

/** A word of a unit file, in quotes (systemd.syntax(7)); "%" stands for itself. */
function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n').replaceAll('%', '%%')}"`;
}
