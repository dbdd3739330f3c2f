// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Reads cases, one JSON object a line, and writes what the independent implementation makes of each: {"matches": …} for
// {"filter", "resource"}, {"resource": …} for {"operations", "resource"}, or {"error": …}.
const readline = require('node:readline');
const {scimPatch} = require('scim-patch');
const {parse, filter} = require('scim2-parse-filter');

function answer(c) {
  try {
    if (c.filter !== undefined) {
      return {matches: filter(parse(c.filter))(c.resource)};
    }
    return {resource: scimPatch(c.resource, c.operations)};
  } catch (e) {
    return {error: `${e.scimCode || e.name}: ${e.message}`};
  }
}

readline.createInterface({input: process.stdin}).on('line', (line) => {
  process.stdout.write(JSON.stringify(answer(JSON.parse(line))) + '\n');
});
