// A PostgreSQL server of its own, on a Unix socket in a temporary folder.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { until } from './browser.mjs';

const versions = '/usr/lib/postgresql';

export async function startPostgres() {
  const newest = readdirSync(versions).sort((a, b) => b - a)[0];
  const bin = join(versions, newest, 'bin');
  const dir = mkdtempSync('/tmp/tmk-pg-'); // a socket's path has room for 107 bytes
  const owner = {};
  if (process.getuid() === 0) {
    // PostgreSQL refuses to run as root.
    owner.uid = Number(execFileSync('id', ['-u', 'postgres'], { encoding: 'utf8' }));
    owner.gid = Number(execFileSync('id', ['-g', 'postgres'], { encoding: 'utf8' }));
    chownSync(dir, owner.uid, owner.gid);
  }
  const data = join(dir, 'data');
  execFileSync(join(bin, 'initdb'), ['-D', data, '-U', 'tmk', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'], { ...owner, stdio: 'pipe' });
  const child = spawn(join(bin, 'postgres'), ['-D', data, '-k', dir, '-c', 'listen_addresses=', '-c', 'fsync=off'], { ...owner, stdio: 'ignore' });
  const exited = once(child, 'exit');
  await until('PostgreSQL listens', () => existsSync(join(dir, '.s.PGSQL.5432')));
  const psql = (sql) => execFileSync(join(bin, 'psql'), ['-h', dir, '-U', 'tmk', '-d', 'postgres', '-qc', sql], { stdio: 'pipe' });
  await until('PostgreSQL answers', () => {
    try {
      psql('CREATE DATABASE tmk');
      return true;
    } catch {
      return false;
    }
  });
  return {
    url: `postgres://tmk@/tmk?host=${encodeURIComponent(dir)}`,
    async stop() {
      child.kill('SIGQUIT');
      await exited;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
