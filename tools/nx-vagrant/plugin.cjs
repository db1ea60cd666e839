// The entry is plain JavaScript so that a Node too old for TypeScript can still say what is wrong.
'use strict';

require('@tare/environment/require-node').requireNode(process.version);
module.exports = require('./src/plugin.ts');
