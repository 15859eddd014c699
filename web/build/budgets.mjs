// Budgets of web/README.md: a patient's phone on a weak network must not wait.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** kilobytes, gzip, of JavaScript and CSS: before the first paint, and with all that is loaded later */
const budgets = {
  room: { first: 200, all: 280 },
  portal: { first: 400, all: 400 },
  demo: { first: 400, all: 400 },
};

/** kilobytes, gzip, that a page of an integration loads before the room */
const embedBudget = 2;

export function checkBudgets(dist) {
  let over = false;
  for (const [entry, budget] of Object.entries(budgets)) {
    const first = firstFiles(dist, entry);
    const all = withImports(dist, first);
    const sizes = { first: weigh(dist, first), all: weigh(dist, all) };
    for (const when of ['first', 'all']) {
      const bad = sizes[when] > budget[when];
      over ||= bad;
      console.log(`${bad ? 'OVER ' : ''}${entry} ${when}: ${sizes[when].toFixed(0)} of ${budget[when]} kB gzip`);
    }
  }
  const embed = weigh(dist, ['embed.js']);
  over ||= embed > embedBudget;
  console.log(`${embed > embedBudget ? 'OVER ' : ''}embed.js: ${embed.toFixed(1)} of ${embedBudget} kB gzip`);
  if (over) process.exit(1);
}

/** firstFiles are what the HTML names itself, and what those scripts import at once. */
function firstFiles(dist, entry) {
  const html = readFileSync(join(dist, `${entry}.html`), 'utf8');
  return new Set([...html.matchAll(/(?:src|href)="\/(assets\/[^"]+\.(?:js|css))"/g)].map((match) => match[1]));
}

/** withImports adds the files that any of these scripts names, statically or not. */
function withImports(dist, files) {
  const all = new Set(files);
  for (const file of all) {
    if (!file.endsWith('.js')) continue;
    const code = readFileSync(join(dist, file), 'utf8');
    for (const match of code.matchAll(/["'`](?:\.\/|\/?assets\/)([\w.-]+\.(?:js|css))["'`]/g))
      all.add(`assets/${match[1]}`);
  }
  return all;
}

function weigh(dist, files) {
  let bytes = 0;
  for (const file of files) bytes += gzipSync(readFileSync(join(dist, file)), { level: 9 }).length;
  return bytes / 1000;
}
