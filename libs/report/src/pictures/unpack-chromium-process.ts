/** The process that unpacks the Chromium of the npm package into the temporary folder that its environment names. */
import chromium from '@sparticuz/chromium';

await chromium.executablePath();
