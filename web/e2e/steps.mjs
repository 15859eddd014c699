// What people do in a consultation, one function for each step.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { until } from './browser.mjs';

export const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
export const id = (within, name) => within.getByTestId(name);
export const seen = (page, name) => id(page, name).first().waitFor({ state: 'visible' });
/** Another person's tile, or one's own. */
export const tiles = (page, self = false) => page.locator(`[data-testid=tile][data-self=${self}]`);

/** Opens a link up to the device check, with the camera on. */
export async function openLink(page, url) {
  await page.goto(url);
  await seen(page, 'join-button');
  assert.match(new URL(page.url()).pathname, /^\/j\/c_/, 'the token is out of the address bar');
  await until('the own picture', () =>
    page.evaluate(() => [...document.querySelectorAll('video')].some((v) => v.videoWidth > 0 && v.currentTime > 0)),
  );
}

export async function consent(page) {
  await id(page, 'consent-accept').check({ force: true });
}

export const join = (page) => id(page, 'join-button').click();

/** The doctor lets the one who waits in. */
export async function admit(doctor) {
  const large = id(doctor, 'admit-large');
  const small = id(doctor, 'admit').first();
  await large.or(small).first().click();
}

export async function panel(page, name) {
  const toggle = id(page, `${name}-toggle`);
  if ((await toggle.getAttribute('aria-pressed')) !== 'true') await toggle.click();
}

export async function closePanel(page, name) {
  const toggle = id(page, `${name}-toggle`);
  if ((await toggle.getAttribute('aria-pressed')) === 'true') await toggle.click();
}

export async function say(page, text) {
  await panel(page, 'chat');
  await id(page, 'chat-input').fill(text);
  await id(page, 'chat-send').click();
  await hasMessage(page, text);
}

export async function hasMessage(page, text) {
  await panel(page, 'chat');
  await id(page, 'chat-message').filter({ hasText: text }).waitFor();
}

/** A PDF by its first bytes, noise by the rest. */
export function pdf(size) {
  const head = Buffer.from('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n', 'latin1');
  return Buffer.concat([head, randomBytes(size - head.length - 6), Buffer.from('\n%%EOF')]);
}

export async function sendFile(page, name, buffer) {
  await panel(page, 'chat');
  await id(page, 'chat-file-input').setInputFiles({ name, mimeType: 'application/pdf', buffer });
}

/** Downloads a file of the chat as a person does, and returns its bytes. */
export async function receiveFile(page, name) {
  await panel(page, 'chat');
  const button = page.locator(`[data-testid=chat-file][data-name="${name}"]`);
  await button.waitFor({ timeout: 60_000 });
  const [download] = await Promise.all([page.waitForEvent('download'), button.click()]);
  assert.equal(download.suggestedFilename(), name);
  return readFile(await download.path());
}

/** The doctor makes a link for one more person. */
export async function invite(doctor, name) {
  await panel(doctor, 'people');
  await id(doctor, 'invite-open').click();
  await doctor.getByRole('dialog').getByRole('textbox').fill(name);
  await id(doctor, 'invite-create').click();
  const link = (await id(doctor, 'invite-link').textContent()).trim();
  return link;
}

export async function end(doctor) {
  await id(doctor, 'end-button').click();
  await id(doctor, 'end-confirm').click();
}
