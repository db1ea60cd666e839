import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { plainText } from '@tare/metrics';
import { executor, messageOf, writeRecord } from '@tare/nx-kit';
import { readCommit } from '../../delivery/commit.ts';
import { findCredentials } from '../../delivery/credentials.ts';
import { imageName, tagsFor } from '../../delivery/image-name.ts';
import { pushImage } from '../../delivery/push-image.ts';
import { announce, publishEvent, webhookUrl } from '../../delivery/webhook.ts';
import { tables } from '../../options.ts';
import { type PushRecord } from '../../records.ts';

const dockerPush = executor(tables['docker-push'], async (options, context, signal) => {
  const { root, projectName = 'app', nxJsonConfiguration } = context;
  const tell = (line: string): void => void process.stdout.write(`${plainText(line)}\n`);
  const name = imageName({
    registry: options.registry ?? variable('DOCKER_REGISTRY'),
    namespace: options.namespace ?? variable('DOCKER_NAMESPACE'),
    image: options.image,
    project: projectName,
  });
  const hook = options.webhook ?? variable('DEPLOY_WEBHOOK_URL');
  const webhook = hook === undefined ? undefined : webhookUrl(hook);
  const checkedOut = await readCommit(root, signal);
  const commit = { ...checkedOut, branch: options.branch ?? checkedOut.branch };
  const defaultBranch = (nxJsonConfiguration?.defaultBase ?? 'main').replace(/^origin\//, '');
  const { tags, notes } = tagsFor(options.tags, commit, defaultBranch);
  for (const note of notes) tell(note);
  const folder = join(root, options.out);
  const archive = join(folder, 'image.tar');
  if (!existsSync(archive)) {
    // docker-build says why there is none, and succeeds where there is no engine
    throw new Error(
      `${options.out}/image.tar is missing, so nothing is pushed: docker-build has made no image`,
    );
  }
  const bill = join(folder, 'sbom.cdx.json');
  const sbom = options.sbom && existsSync(bill) ? readFileSync(bill, 'utf8') : undefined;
  const { dryRun } = options;
  const username = options.username ?? variable('DOCKER_USERNAME');
  const credentials = dryRun ? undefined : await findCredentials(name.host, username, signal);
  const retrying = { tell };
  const digest = await pushImage(
    { archive, name, tags, commit, credentials, sbom, dryRun, retrying },
    signal,
  );
  if (dryRun) {
    if (webhook !== undefined) tell(`would tell the webhook at ${webhook.host}`);
    return true;
  }
  const image = `${name.host}/${name.repository}`;
  const record: PushRecord = { image, digest, tags, revision: commit.sha };
  await writeRecord(join(folder, 'push.json'), record);
  if (webhook === undefined) return true;
  const event = publishEvent({ image, tags, digest, commit }, new Date().toISOString());
  try {
    await announce({ url: webhook, secret: variable('DEPLOY_WEBHOOK_SECRET') }, event, retrying, signal);
    tell(`the webhook at ${webhook.host} has accepted it`);
    return true;
  } catch (error) {
    signal.throwIfAborted();
    tell(`${messageOf(error)}. The image is pushed all the same`);
    return !options.webhookRequired;
  }
});

/** A variable of the environment; one that is empty, as CI sets those that it lacks, counts as not set. */
function variable(name: string): string | undefined {
  const value = process.env[name]?.trim();
  return value === '' ? undefined : value;
}

export default dockerPush;
