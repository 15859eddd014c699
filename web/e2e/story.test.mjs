// The whole story, in two real browsers: a portal books a consultation, a doctor
// and a patient hold it, the portal is told, an administrator downloads the recording.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join as path } from 'node:path';
import { after, test } from 'node:test';
import * as act from './steps.mjs';
import { artifacts, inbound, launch, look, person, playing, seesAndHears, steps, until } from './browser.mjs';
import { startLK } from './lk.mjs';
import * as media from './media.mjs';
import { startPostgres } from './postgres.mjs';
import { startServer } from './server.mjs';

const { id, seen } = act;
/** How long doctor and patient talk at least, seconds. */
const call = Number(process.env.TEST_CALL_SECONDS ?? 20);

const closing = [];
after(async () => {
  for (const close of closing.reverse()) await close();
});

test('a consultation from booking to recording, on SQLite', { timeout: 600_000 + call * 1000 }, (t) => story(t, {}));

test('the same on PostgreSQL', { timeout: 600_000 + call * 1000 }, async (t) => {
  const postgres = await startPostgres();
  closing.push(() => postgres.stop());
  await story(t, { database: postgres.url, brief: true });
});

/** `brief` leaves out what does not depend on the database: pictures of every screen, the third person. */
async function story(t, { database, brief = false }) {
  const server = await startServer({ database });
  closing.push(async () => {
    await server.stop();
    server.remove();
  });
  const lk = await startLK(server);
  const browser = await launch();
  closing.push(
    () => lk.stop(),
    () => browser.close(),
  );
  const password = /password\s+(\S+)/.exec(server.cli('admin', 'create', 'anna'))[1];
  const looks = []; // what is wrong with how a screen looks
  const screen = (page, name) => (brief ? undefined : look(page, name, looks));

  const booked = await lk.create({ recording: 'required' });
  assert.equal(booked.status, 'UPCOMING');
  assert.equal(booked.statusName, 'Предстоящая');

  const doctor = await person(browser, { source: { hue: 200, tone: 1000 } });
  const patient = await person(browser, { source: { hue: 20, tone: 700 } });
  const step = steps(t, { doctor, patient });

  await step('both check their devices and agree to the recording', async () => {
    await act.openLink(doctor, booked.links.doctor);
    await act.openLink(patient, booked.links.patient);
    await screen(patient, 'check');
    await act.join(patient);
    await patient.getByRole('alert').first().waitFor(); // nobody enters without an answer
    await act.consent(doctor);
    await act.consent(patient);
  });

  await step('the patient waits until the doctor lets him in', async () => {
    await act.join(patient);
    await seen(patient, 'waiting-title');
    await act.join(doctor);
    await seen(doctor, 'end-button');
    await id(doctor, 'admit-large').waitFor();
    await screen(patient, 'waiting');
    await screen(doctor, 'room-alone');
    await act.admit(doctor);
    await seen(patient, 'leave-button');
    await act.tiles(patient).waitFor();
    await act.tiles(doctor).waitFor();
  });

  await step('they see and hear each other', async () => {
    await Promise.all([seesAndHears(doctor), seesAndHears(patient)]);
    for (const page of [doctor, patient]) {
      const shown = await until('two moving pictures', async () => {
        const before = await playing(page);
        await new Promise((done) => setTimeout(done, 500));
        const now = await playing(page);
        return now.length === 2 && now.every((v, i) => v.width > 0 && !v.paused && v.time > before[i]?.time) && now;
      });
      assert.ok(shown.every((v) => v.width >= 320));
    }
    await Promise.all([seen(doctor, 'recording-sign'), seen(patient, 'recording-sign')]);
    await until('LK is told CURRENT', () => lk.inbox.of(booked.id).some((e) => e.data.status === 'CURRENT'));
    assert.equal((await lk.session(booked.id)).statusName, 'Текущая');
    await screen(doctor, 'room-doctor');
    await screen(patient, 'room-patient');
  });

  await step('a microphone and a camera that are off are seen by the other side', async () => {
    const patientsTile = act.tiles(doctor);
    await id(patient, 'mic-toggle').click();
    await patientsTile.and(doctor.locator('[data-muted=true]')).waitFor();
    await id(doctor, 'muted-sign').waitFor();
    // Beeps are 2 s apart: half a second more without sound is silence, once what was on its way has been played.
    await until('silence', async () => {
      const before = await inbound(doctor);
      await new Promise((done) => setTimeout(done, 2500));
      return (await inbound(doctor)).energy - before.energy < 1e-4;
    });
    await id(patient, 'mic-toggle').click();
    await patientsTile.and(doctor.locator('[data-muted=false]')).waitFor();
    await id(patient, 'camera-toggle').click();
    await patientsTile.and(doctor.locator('[data-camera=off]')).waitFor();
    await screen(doctor, 'room-camera-off');
    await id(patient, 'camera-toggle').click();
    await patientsTile.and(doctor.locator('[data-camera=on]')).waitFor();
    await Promise.all([seesAndHears(doctor), seesAndHears(patient)]);
  });

  await step('they write, and a file of 5 MB arrives whole', async () => {
    await act.say(doctor, 'Здравствуйте! Слышите меня?');
    await act.hasMessage(patient, 'Слышите меня?');
    await act.say(patient, 'Да, спасибо. <b>Отправляю</b> анализы.');
    await act.hasMessage(doctor, '<b>Отправляю</b>');
    const file = act.pdf(5 * 1024 * 1024);
    await act.sendFile(patient, 'Анализ крови.pdf', file);
    const got = await act.receiveFile(doctor, 'Анализ крови.pdf');
    assert.equal(act.sha256(got), act.sha256(file));
    await seesAndHears(doctor); // the file did not stop the call
    const { items } = await lk.messages(booked.id);
    assert.deepEqual(
      items.map((m) => m.seq),
      [1, 2, 3],
    );
    assert.equal(items[2].file.sha256, act.sha256(file));
    await screen(doctor, 'room-chat');
    await screen(patient, 'room-chat-patient');
    await act.closePanel(doctor, 'chat');
    await act.closePanel(patient, 'chat');
  });

  if (!brief) {
    await step('a third person comes by invitation, and goes', async () => {
      const link = await act.invite(doctor, 'Петрова Анна');
      await screen(doctor, 'invite');
      await doctor.keyboard.press('Escape');
      await id(doctor, 'invite-link').waitFor({ state: 'hidden' });
      const relative = await person(browser, { width: 360, height: 740 }); // with the fake devices as they are
      await act.openLink(relative, link);
      await act.consent(relative);
      await act.join(relative);
      await seen(relative, 'waiting-title');
      await act.admit(doctor);
      await act.tiles(relative).nth(1).waitFor();
      await Promise.all([seesAndHears(doctor, 2), seesAndHears(patient, 2), seesAndHears(relative, 2)]);
      await screen(doctor, 'room-three');
      await id(relative, 'leave-button').first().click();
      await relative.getByTestId('left-title').or(relative.getByTestId('leave-button')).first().waitFor();
      await relative.context().close();
      await until('the relative is gone', async () => (await act.tiles(doctor).count()) === 1);
      await act.closePanel(doctor, 'people');
    });
  }

  await step('a reload keeps the seat', async () => {
    const seat = await act.tiles(patient, true).getAttribute('data-seat');
    await patient.reload();
    await seen(patient, 'leave-button');
    await act.tiles(patient).waitFor();
    assert.equal(await act.tiles(patient, true).getAttribute('data-seat'), seat);
    await Promise.all([seesAndHears(doctor), seesAndHears(patient)]);
    await act.hasMessage(patient, 'Слышите меня?');
    await act.closePanel(patient, 'chat');
  });

  await step('a broken socket is mended without anybody leaving', async () => {
    const before = lk.inbox.of(booked.id).length;
    await patient.evaluate(() => window.tmkSockets.at(-1).close());
    await until('a new socket', () => patient.evaluate(() => window.tmkSockets.at(-1).readyState === 1 && window.tmkSockets.length > 1));
    await act.say(patient, 'Я снова здесь');
    await act.hasMessage(doctor, 'Я снова здесь');
    await act.closePanel(patient, 'chat');
    await act.closePanel(doctor, 'chat');
    await Promise.all([seesAndHears(doctor), seesAndHears(patient)]);
    const told = lk.inbox.of(booked.id).slice(before).map((e) => e.type);
    assert.ok(!told.includes('participant.left'), `told: ${told}`);
  });

  const quiet = {}; // while nothing but the call keeps the machine busy
  await step(`they talk for ${call} s`, async () => {
    quiet.from = Date.now();
    await new Promise((done) => setTimeout(done, call * 1000));
    quiet.to = Date.now();
    await Promise.all([seesAndHears(doctor), seesAndHears(patient)]);
  });

  await step('the doctor ends it, and both are told', async () => {
    await id(doctor, 'end-button').click();
    await seen(doctor, 'end-confirm');
    await screen(doctor, 'end-dialog');
    await id(doctor, 'end-confirm').click();
    await Promise.all([seen(doctor, 'ended-title'), seen(patient, 'ended-title')]);
    await screen(doctor, 'ended-doctor');
    await screen(patient, 'ended-patient');
    assert.equal((await lk.session(booked.id)).statusName, 'Завершенная');
  });

  let files;
  await step('LK was told everything, signed and in order', async () => {
    const recordings = await until(
      'the recordings are ready',
      async () => {
        const { items } = await lk.recordings(booked.id);
        return items.length > 0 && items.every((r) => r.state === 'ready' || r.state === 'failed') && items;
      },
      { within: 60_000 },
    );
    files = recordings.filter((r) => r.state === 'ready');
    assert.deepEqual(recordings.filter((r) => r.state === 'failed'), []);
    const events = await until('all events', () => {
      const all = lk.inbox.of(booked.id);
      return all.filter((e) => e.type === 'recording.ready').length >= files.length && all;
    });
    assert.ok(
      events.every((e) => e.verified),
      'every signature is good',
    );
    assert.deepEqual(
      events.map((e) => e.sequence),
      events.map((_, i) => i + 1),
      'in order, without gaps',
    );
    const statuses = events.filter((e) => ['session.created', 'session.status_changed'].includes(e.type)).map((e) => e.data.status);
    assert.deepEqual(statuses, ['UPCOMING', 'CURRENT', 'FINISHED']);
    const text = JSON.stringify(events);
    for (const name of ['Иванова', 'Петров', 'Слышите']) assert.ok(!text.includes(name), `a webhook tells ${name}`);
  });

  await step('each recording plays, whole and in step', async (t) => {
    const events = lk.inbox.of(booked.id);
    const finished = Date.parse(events.find((e) => e.data.status === 'FINISHED').createdAt);
    assert.ok(files.length >= 2, `${files.length} recordings`);
    for (const recording of files) {
      const name = `${database ? 'postgresql' : 'sqlite'}-${recording.role}`;
      await t.test(name, () => checkRecording(lk, recording, path(artifacts, `${name}.webm`), { finished, quiet }));
    }
  });

  await step('an administrator downloads it', async () => {
    const admin = await person(browser);
    await admin.goto(`${server.url}/admin/`);
    await seen(admin, 'login-form');
    await screen(admin, 'login');
    await admin.locator('input[name=login]').fill('anna');
    await admin.locator('input[name=password]').fill('wrong');
    await id(admin, 'login-submit').click();
    await seen(admin, 'login-error');
    await admin.locator('input[name=password]').fill(password);
    await id(admin, 'login-submit').click();
    await id(admin, 'nav-recordings').click();
    const row = admin.locator(`[data-testid=recording-row][data-id=${files[0].id}]`);
    await row.waitFor();
    await screen(admin, 'recordings');
    const [download] = await Promise.all([admin.waitForEvent('download'), row.getByTestId('recording-download').click()]);
    assert.equal(act.sha256(await readFile(await download.path())), files[0].sha256);
    await row.getByTestId('recording-play').click();
    await until('the recording plays in the page', () =>
      id(admin, 'recording-player').evaluate((v) => v.readyState >= 2 && v.videoWidth > 0 && v.currentTime > 0.5),
    );
    await admin.goto(`${server.url}/admin/sessions`);
    await seen(admin, 'session-row');
    await screen(admin, 'sessions');
    assert.deepEqual(admin.complaints.filter((c) => !c.includes('/v1/admin/')), []);
  });

  await step('every screen can be used by all, and no page complained', () => {
    assert.deepEqual(looks, []);
    assert.deepEqual([...doctor.complaints, ...patient.complaints], []);
  });
  await browser.close();
  const { code } = await server.stop();
  assert.equal(code, 0, 'the server stops in order');
  const loud = server.log.filter((line) => /level=(WARN|ERROR)/.test(line));
  assert.deepEqual(loud, [], 'the server has nothing to complain of');
  const told = server.log.filter((line) => /Иванова|Петров|Слышите|whsec_/.test(line));
  assert.deepEqual(told, [], 'the log names nobody');
}

async function checkRecording(lk, recording, file, { finished, quiet }) {
  const whole = await lk.call('GET', `/recordings/${recording.id}/content`);
  assert.equal(whole.status, 200);
  const bytes = Buffer.from(await whole.arrayBuffer());
  await writeFile(file, bytes);
  assert.equal(bytes.length, recording.bytes);
  assert.equal(act.sha256(bytes), recording.sha256);
  const part = await lk.call('GET', `/recordings/${recording.id}/content`, undefined, { range: 'bytes=1000-1999' });
  assert.equal(part.status, 206);
  assert.equal(part.headers.get('content-range'), `bytes 1000-1999/${bytes.length}`);
  assert.deepEqual(Buffer.from(await part.arrayBuffer()), bytes.subarray(1000, 2000));

  const facts = await media.probe(file);
  assert.equal(facts.streams, 2);
  assert.equal(facts.video?.codec_name, 'vp8');
  assert.equal(facts.audio?.codec_name, 'opus');
  await media.decodes(file);

  // While a third person waited or left, recording went on: it lasts until the end, for those who stayed.
  if (recording.role !== 'relative') {
    const expected = (finished - Date.parse(recording.startedAt)) / 1000;
    assert.ok(Math.abs(facts.duration - expected) <= 0.5, `lasts ${facts.duration} s, expected ${expected} s`);
  }
  assert.ok(Math.abs(facts.duration - recording.durationMs / 1000) <= 0.1, `lasts ${facts.duration} s, told ${recording.durationMs} ms`);

  const layout = media.layout(bytes);
  assert.ok(layout.cuePoints > 0 && layout.cuesInFront, `Cues: ${JSON.stringify(layout)}`);
  for (const share of [0.25, 0.5, 0.75]) {
    const at = facts.duration * share;
    const found = await media.seek(file, at);
    assert.ok(found.key && Math.abs(found.at - at) <= 6, `seek to ${at} s came to ${found.at} s`);
  }

  if (recording.role === 'relative') return; // Chromium's own pattern: its beep and its picture have two clocks
  // Looking at screens keeps the browser from drawing and sounding in time, so lips are read while they only talk.
  const began = Date.parse(recording.startedAt);
  const talking = (second) => began + second * 1000 > quiet.from && began + second * 1000 < quiet.to;
  const flashes = (await media.flashes(file)).filter(talking);
  const beeps = await media.beeps(file);
  const offsets = media.offsets(flashes, beeps);
  const summary = `${flashes.length} flashes, sound after picture: ${offsets.map((o) => Math.round(o * 1000))} ms`;
  console.log(`# ${recording.role}: ${facts.duration.toFixed(2)} s, ${summary}`);
  assert.ok(offsets.length >= call / 4, summary);
  const sorted = offsets.map(Math.abs).sort((a, b) => a - b);
  const share = (part) => sorted[Math.ceil(sorted.length * part) - 1];
  assert.ok(share(0.5) <= 0.06 && share(0.9) <= 0.1, `sound and picture are not in step: ${summary}`);
}
