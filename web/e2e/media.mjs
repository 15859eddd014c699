// What a recording is, as ffmpeg sees it.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const exec = promisify(execFile);
const run = (cmd, args) => exec(cmd, args, { maxBuffer: 256 << 20, encoding: 'utf8' });

/** Streams and duration in seconds. */
export async function probe(path) {
  const { stdout } = await run('ffprobe', ['-v', 'error', '-show_format', '-show_streams', '-of', 'json', path]);
  const { format, streams } = JSON.parse(stdout);
  return {
    duration: Number(format.duration),
    format: format.format_name,
    video: streams.find((s) => s.codec_type === 'video'),
    audio: streams.find((s) => s.codec_type === 'audio'),
    streams: streams.length,
  };
}

/** How many seconds a file holds that is being written, or was cut off: up to its last whole frame. */
export async function held(path) {
  const args = ['-v', 'quiet', '-show_entries', 'packet=pts_time', '-of', 'csv=p=0', path];
  const { stdout } = await run('ffprobe', args).catch(({ stdout }) => ({ stdout })); // its end may be half a frame
  return Math.max(0, ...(stdout ?? '').split('\n').map(Number).filter(Number.isFinite));
}

/**
 * Decodes all of it; any error of the decoder or the file is an error here. Frames keep the file's own times: cameras
 * have no fixed rate, and ffmpeg would complain of rounding them to the one that it guesses.
 */
export async function decodes(path, from = 0) {
  const seek = from > 0 ? ['-ss', String(from)] : [];
  const { stderr } = await run('ffmpeg', ['-v', 'error', '-xerror', ...seek, '-i', path, '-map', '0', '-fps_mode', 'passthrough', '-enc_time_base', '-1', '-f', 'null', '-']);
  assert.equal(stderr, '', `ffmpeg complains about ${path} from ${from} s`);
}

/** Decodes a second of the picture from `at` and returns where its first frame is. */
export async function seek(path, at) {
  const { stdout } = await run('ffprobe', [
    '-v', 'error', '-read_intervals', `${at}%+1`, '-select_streams', 'v', '-show_entries', 'packet=pts_time,flags', '-of', 'json', path,
  ]);
  const [first] = JSON.parse(stdout).packets;
  await decodes(path, at);
  return { at: Number(first.pts_time), key: first.flags.startsWith('K') };
}

const ids = { segment: 0x18538067, cluster: 0x1f43b675, cues: 0x1c53bb6b, seekHead: 0x114d9b74, cuePoint: 0xbb };

/** The elements of the segment, in their order: [{ id, at, size }], and the number of cue points. */
export function layout(file) {
  const vint = (at, keepMarker) => {
    const length = Math.clz32(file[at]) - 23;
    let value = keepMarker ? file[at] : file[at] & (0xff >> length);
    for (let i = 1; i < length; i++) value = value * 256 + file[at + i];
    return { value, length };
  };
  const element = (at) => {
    const id = vint(at, true);
    const size = vint(at + id.length, false);
    return { id: id.value, data: at + id.length + size.length, size: size.value };
  };
  let at = 0;
  let segment;
  while (at < file.length) {
    const e = element(at);
    if (e.id === ids.segment) {
      segment = e;
      break;
    }
    at = e.data + e.size;
  }
  assert.ok(segment, 'no Segment');
  const found = [];
  for (at = segment.data; at < file.length; ) {
    const e = element(at);
    found.push({ ...e, at });
    at = e.data + e.size;
  }
  assert.equal(at, file.length, 'the last element ends where the file ends');
  const cues = found.find((e) => e.id === ids.cues);
  let cuePoints = 0;
  if (cues) {
    for (let p = cues.data; p < cues.data + cues.size; cuePoints++) {
      const e = element(p);
      assert.equal(e.id, ids.cuePoint);
      p = e.data + e.size;
    }
  }
  const firstCluster = found.find((e) => e.id === ids.cluster);
  return { cuePoints, cuesInFront: Boolean(cues && firstCluster && cues.at < firstCluster.at), clusters: found.filter((e) => e.id === ids.cluster).length };
}

/** When the picture turns bright: seconds. */
export async function flashes(path) {
  const { stdout } = await run('ffmpeg', [
    '-v', 'error', '-i', path, '-map', '0:v', '-vf', 'signalstats,metadata=mode=print:key=lavfi.signalstats.YAVG:file=-', '-f', 'null', '-',
  ]);
  return edges(series(stdout), 140);
}

/** When a beep begins: seconds, to 5 ms. */
export async function beeps(path) {
  const { stdout } = await run('ffmpeg', [
    '-v', 'error', '-i', path, '-map', '0:a', '-af',
    'asetnsamples=n=240:p=0,astats=metadata=1:reset=1,ametadata=mode=print:key=lavfi.astats.Overall.RMS_level:file=-', '-f', 'null', '-',
  ]);
  return edges(series(stdout), -25);
}

function series(text) {
  const points = [];
  let time = 0;
  for (const line of text.split('\n')) {
    const stamp = /pts_time:([-\d.]+)/.exec(line);
    if (stamp) time = Number(stamp[1]);
    const value = /=(-?(?:[\d.]+|inf))$/.exec(line);
    if (value) points.push({ time, value: Number(value[1].replace('inf', 'Infinity')) });
  }
  return points;
}

/** Where a series rises over the threshold after having been below it. */
function edges(points, threshold) {
  const found = [];
  for (let i = 1; i < points.length; i++) {
    if (points[i].value >= threshold && points[i - 1].value < threshold) found.push(points[i].time);
  }
  return found;
}

/** For each flash the nearest beep: how much later it comes, in seconds. Only flashes with a beep within `window` count. */
export function offsets(flashTimes, beepTimes, window = 0.9) {
  return flashTimes.flatMap((f) => {
    const later = beepTimes.map((b) => b - f).sort((a, b) => Math.abs(a) - Math.abs(b))[0];
    return later !== undefined && Math.abs(later) < window ? [later] : [];
  });
}
