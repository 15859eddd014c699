// What a build needs after Vite: embed.js, Swagger UI's own files, the 404 page,
// the compressed forms, and the check of the budgets.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build } from 'vite';
import { checkBudgets } from './budgets.mjs';

const web = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(web, 'dist');

await buildEmbed();
copySwagger();
copyFileSync(join(web, 'build/404.html'), join(dist, '404.html'));
writeFileSync(join(dist, '.gitkeep'), '');
compress(dist);
checkBudgets(dist);

/** buildEmbed makes embed.js: a script of its own under a name that stays, for the pages of others. */
async function buildEmbed() {
  await build({
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    build: {
      target: ['es2020', 'safari14', 'chrome90', 'firefox90'],
      outDir: dist,
      emptyOutDir: false,
      lib: { entry: join(web, 'src/embed/embed.ts'), formats: ['iife'], name: 'tmkEmbed', fileName: () => 'embed.js' },
    },
  });
}

function copySwagger() {
  const from = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  const to = join(dist, 'swagger-ui');
  mkdirSync(to, { recursive: true });
  for (const name of ['swagger-ui.css', 'swagger-ui-bundle.js', 'LICENSE', 'NOTICE'])
    copyFileSync(join(from, name), join(to, name));
  for (const name of ['index.html', 'init.js', 'page.css'])
    copyFileSync(join(web, 'build/swagger-ui', name), join(to, name));
}

/** compress writes name.br and name.gz beside every text file, where they save at least a tenth. */
function compress(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const name = join(folder, entry.name);
    if (entry.isDirectory()) compress(name);
    else if (/\.(js|css|html|svg|json)$/.test(entry.name)) compressFile(name);
  }
}

function compressFile(name) {
  const plain = readFileSync(name);
  if (plain.length < 1024) return;
  const forms = {
    br: brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: plain.length > 500_000 ? 9 : 11 } }),
    gz: gzipSync(plain, { level: 9 }),
  };
  for (const [ending, data] of Object.entries(forms)) {
    if (data.length < plain.length * 0.9) writeFileSync(`${name}.${ending}`, data);
  }
  if (!statSync(name).isFile()) throw new Error(`lost ${relative(dist, name)}`);
}
