// The real server, as it is built, with its own folder and free ports.
import { spawn, spawnSync } from 'node:child_process';
import { on, once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
export const binary = process.env.TMK_BINARY ?? join(root, 'bin', 'tmk');

/** Starts a server, or the demo; `database` is a URL, or none for SQLite in its folder. `port` makes it come back where it was; `env` is all its environment. */
export async function startServer({ database, dataDir, port = 0, demo = false, set = {}, env = {} } = {}) {
  const dir = dataDir ?? mkdtempSync(join(tmpdir(), 'tmk-e2e-'));
  const installation = ['--data-dir', dir, ...(database ? ['--database', database] : [])];
  const settings = {
    listen: `127.0.0.1:${port}`,
    'sfu.udp': '127.0.0.1:0',
    'sfu.tcp': '127.0.0.1:0',
    'sfu.loopback': 'true',
    'webhooks.allow_private': 'true',
    'stop_timeout': '15s',
    ...set,
  };
  const flags = Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
  const child = spawn(binary, ['serve', ...(demo ? ['--demo', '--no-open'] : []), ...installation, ...flags], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const log = [];
  createInterface({ input: child.stderr }).on('line', (line) => log.push(line));
  const exited = once(child, 'exit').then(([code, signal]) => ({ code, signal }));
  const said = [];
  const stdout = createInterface({ input: child.stdout }).on('line', (line) => said.push(line));
  const url = await Promise.race([
    (async () => {
      for await (const [line] of on(stdout, 'line', { close: ['close'] })) {
        const told = demo ? /(http:\S+)\/demo$/.exec(line) : /public address (\S+)/.exec(line);
        if (told) return told[1];
      }
      throw new Error('the server ended without an address');
    })(),
    exited.then(({ code }) => {
      throw new Error(`the server ended with ${code}:\n${log.join('\n')}`);
    }),
  ]);
  return {
    url,
    dir,
    log,
    /** What it has printed for whoever started it. */
    said,
    exited,
    port: Number(new URL(url).port),
    /** Runs a command of the binary on the same installation and returns what it prints. */
    cli: (...args) => cli(...args, ...installation),
    /** Ends it as an administrator would. */
    async stop() {
      child.kill('SIGTERM');
      return exited;
    },
    /** Ends it as a power cut would. */
    async kill() {
      child.kill('SIGKILL');
      return exited;
    },
    remove() {
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

export function cli(...args) {
  const done = spawnSync(binary, args, { env: {}, encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`tmk ${args.join(' ')}: ${done.stderr}`);
  return done.stdout;
}
