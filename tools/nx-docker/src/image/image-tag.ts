/**
 * The name of a project's image in the engine: its repository with the content's digest as the tag, so that equal content
 * has one name and other content another.
 */
export function imageTag(project: string, contentDigest: string): string {
  return `${imageRepository(project)}:${contentDigest.slice(0, 12)}`;
}

/** A project's repository: "@acme/Web app" → "tare/acme/web-app". */
export function imageRepository(project: string): string {
  const name = project
    .toLowerCase()
    .split('/')
    .map((part) => part.replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, ''))
    .filter(Boolean)
    .join('/');
  return `tare/${name}`;
}
