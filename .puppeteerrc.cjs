// The pictures are made by a Chromium that is there already; none is downloaded.
module.exports = { skipDownload: true };
