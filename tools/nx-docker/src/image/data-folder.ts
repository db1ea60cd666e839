/** Where an app's data lies in its container: a volume, the only disk that it can write to. */
export const dataFolder = '/data';

/**
 * The empty folder in a build's context that an image gets as {@link dataFolder}, for the app's user: a fresh volume takes
 * over the owner of what the image has in its place. Inside of another, as a copied folder itself gets the time of the build.
 */
export const dataFolderInContext = `folders${dataFolder}`;
