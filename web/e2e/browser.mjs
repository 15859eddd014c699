// Debian's Chromium with fake devices, and what the tests do with its pages.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { chromium } from 'playwright-core';
import { installSource } from './av-source.mjs';
import { root } from './server.mjs';

export const artifacts = join(root, 'artifacts');
mkdirSync(artifacts, { recursive: true });

const fakeDevices = [
  '--use-fake-device-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
  '--disable-features=WebRtcHideLocalIpsWithMdns',
];

/** A browser; `refuse` makes one that gives no page a camera. */
export const launch = ({ refuse = false } = {}) =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [...fakeDevices, ...(refuse ? ['--deny-permission-prompts'] : ['--use-fake-ui-for-media-stream']), '--no-sandbox'],
  });

/** A person with a browser profile of their own. `source` gives flashes and beeps in place of the fake devices' pattern. */
export async function person(browser, { source, width = 1280, height = 800, locale = 'ru-RU', scheme = 'light' } = {}) {
  const context = await browser.newContext({
    viewport: { width, height },
    locale,
    colorScheme: scheme,
    acceptDownloads: true,
    timezoneId: 'Europe/Moscow',
  });
  context.setDefaultTimeout(60_000); // a busy machine is slow, not wrong
  await context.addInitScript(watchPeers);
  if (source) await context.addInitScript(installSource, source);
  const page = await context.newPage();
  page.complaints = [];
  page.on('pageerror', (err) => page.complaints.push(`uncaught: ${err.message}`));
  page.on('console', (msg) => {
    if (msg.type() === 'error') page.complaints.push(`${msg.text()} (${msg.location().url})`);
  });
  return page;
}

/** Runs in the page: keeps its peer connections and sockets where the test finds them. */
function watchPeers() {
  const Native = window.RTCPeerConnection;
  window.tmkPeers = [];
  window.RTCPeerConnection = class extends Native {
    constructor(...args) {
      super(...args);
      window.tmkPeers.push(this);
    }
  };
  const Socket = window.WebSocket;
  window.tmkSockets = [];
  window.WebSocket = class extends Socket {
    constructor(...args) {
      super(...args);
      window.tmkSockets.push(this);
    }
  };
}

/**
 * Makes the steps of a story: each is a test of its own, and the first that fails ends the story, since the next ones stand on it.
 * What the pages showed then is kept in artifacts/.
 */
export function steps(t, pages) {
  return async (name, walk) => {
    let failed;
    await t.test(name, async (step) => {
      try {
        await walk(step);
      } catch (err) {
        failed = err;
        for (const [who, page] of Object.entries(pages)) {
          await page.screenshot({ path: join(artifacts, `failed-${who}.png`) }).catch(() => {});
        }
        throw err;
      }
    });
    if (failed) throw new Error(`the story ended at: ${name}`);
  };
}

/** What arrives: the living connection's inbound streams. */
export const inbound = (page) =>
  page.evaluate(async () => {
    const peer = window.tmkPeers.findLast((p) => p.connectionState === 'connected');
    const total = { videos: [], audios: [], frames: 0, energy: 0 };
    if (!peer) return total;
    for (const r of (await peer.getStats()).values()) {
      if (r.type !== 'inbound-rtp') continue;
      if (r.kind === 'video') {
        total.videos.push({ mid: r.mid, frames: r.framesDecoded ?? 0, width: r.frameWidth ?? 0, freezes: r.freezeCount ?? 0 });
        total.frames += r.framesDecoded ?? 0;
      } else {
        total.audios.push({ mid: r.mid, energy: r.totalAudioEnergy ?? 0 });
        total.energy += r.totalAudioEnergy ?? 0;
      }
    }
    return total;
  });

/** Asks until the answer is truthy; fails with what was last seen. */
export async function until(what, ask, { within = 60_000, every = 100 } = {}) {
  const deadline = Date.now() + within;
  for (;;) {
    const seen = await ask();
    if (seen) return seen;
    if (Date.now() > deadline) throw new Error(`waited ${within / 1000} s: ${what}`);
    await new Promise((done) => setTimeout(done, every));
  }
}

/** Frames are decoded and sound is heard now, from each of `people` others. */
export async function seesAndHears(page, people = 1) {
  const before = await inbound(page);
  const sum = (list, key, past) =>
    list.filter((now) => now[key] > (past.find((p) => p.mid === now.mid)?.[key] ?? 0)).length;
  try {
    await until('moving pictures and sound', async () => {
      const now = await inbound(page);
      return sum(now.videos, 'frames', before.videos) >= people && sum(now.audios, 'energy', before.audios) >= people;
    });
  } catch (err) {
    err.message += `\nbefore ${JSON.stringify(before)}\nnow ${JSON.stringify(await inbound(page))}`;
    throw err;
  }
}

/** The pictures on the page move: a video element shows new frames at its true size. */
export const playing = (page) =>
  page.evaluate(() =>
    [...document.querySelectorAll('video')]
      .filter((v) => v.getClientRects().length > 0)
      .map((v) => ({ width: v.videoWidth, time: v.currentTime, paused: v.paused })),
  );

/**
 * Looks at one screen as people do: axe in light and dark, pictures of a desk's and a phone's width, which are kept
 * in artifacts/. What is wrong is added to `complaints`, so that a story can go on.
 */
export async function look(page, name, complaints) {
  const size = page.viewportSize();
  for (const scheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    for (const width of [1280, 360]) {
      await page.setViewportSize({ width, height: width === 360 ? 740 : 800 });
      await page.evaluate(() => Promise.all(document.getAnimations().map((a) => a.finished.catch(() => {}))).then(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))));
      await page.screenshot({ path: join(artifacts, `${name}-${width}-${scheme}.png`) });
      const sideways = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      if (sideways > 0) complaints.push(`${name} scrolls sideways by ${sideways} px at ${width} px`);
      const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
      for (const v of violations) {
        const nodes = v.nodes.map((n) => `${n.target}: ${n.failureSummary.replaceAll('\n', ' ')}`);
        const told = `${name}: ${v.id} (${v.impact}), ${nodes.join(' | ')}`;
        if (!complaints.includes(told)) complaints.push(told);
      }
    }
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'no-preference' });
  await page.setViewportSize(size);
}
