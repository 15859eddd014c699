// A camera and microphone that flash and beep at the same moment, once in two
// seconds. Chromium's own fake devices run on two clocks that are not tied to
// each other, so nothing about lip sync can be seen with them.

/** Runs in the page before its own scripts: getUserMedia still asks the fake devices, then gives these tracks instead. */
export function installSource({ hue, tone }) {
  const original = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  const period = 2;
  const length = 0.2;
  const onTime = 0.03;
  let source;

  /** A head and shoulders that sway and nod. */
  const somebody = (g, hue, now) => {
    const x = 320 + 14 * Math.sin(now * 1.3);
    const y = 150 + 5 * Math.sin(now * 2.1);
    const part = (colour, draw) => {
      g.fillStyle = colour;
      g.beginPath();
      draw();
      g.fill();
    };
    part(`hsl(${hue} 45% 45%)`, () => g.ellipse(x * 0.7 + 96, 385, 190, 150, 0, Math.PI, 2 * Math.PI));
    part('#d9a88a', () => g.rect(x - 26, y + 40, 52, 70));
    part(`hsl(${hue} 25% 15%)`, () => g.ellipse(x, y - 22, 80, 84, 0, 0, 2 * Math.PI));
    part('#e8bd9f', () => g.ellipse(x, y, 66, 82, 0, 0, 2 * Math.PI));
    for (const side of [-1, 1]) part('#333', () => g.ellipse(x + side * 25, y - 10, 6, Math.sin(now) > 0.98 ? 1 : 7, 0, 0, 2 * Math.PI));
    part('#a4564f', () => g.ellipse(x, y + 40, 20, 4 + 4 * Math.abs(Math.sin(now * 5)), 0, 0, 2 * Math.PI));
  };

  const start = () => {
    const audio = new AudioContext({ sampleRate: 48000 });
    const oscillator = audio.createOscillator();
    const gate = audio.createGain();
    const out = audio.createMediaStreamDestination();
    oscillator.frequency.value = tone;
    gate.gain.value = 0;
    oscillator.connect(gate).connect(out);
    oscillator.start();
    let planned = Math.ceil(audio.currentTime) + 1;

    const canvas = document.createElement('canvas');
    canvas.width = 640;
    canvas.height = 360;
    const g = canvas.getContext('2d', { alpha: false });
    const times = [];
    let shown; // the flash that is on, or undefined
    let skew = performance.now() / 1000 - audio.currentTime;
    let steadySince = 0;
    const draw = () => {
      const now = audio.currentTime;
      // Where the machine is too busy to draw in time, or sound stands still, the flash is left out: the test is of the
      // recorder, not of this page.
      const drift = performance.now() / 1000 - now;
      if (Math.abs(drift - skew) > onTime) {
        skew = drift;
        steadySince = now;
      }
      while (planned < now + 1) {
        gate.gain.setValueAtTime(0.5, planned);
        gate.gain.setValueAtTime(0, planned + length);
        times.push(planned);
        planned += period;
      }
      while (times.length && times[0] + length < now) times.shift();
      const due = now >= times[0] ? times[0] : undefined;
      if (due !== undefined && shown !== due && now - due <= onTime && now - steadySince > 1) shown = due;
      g.fillStyle = due !== undefined && shown === due ? '#fff' : `hsl(${hue} 30% 24%)`;
      g.fillRect(0, 0, 640, 360);
      somebody(g, hue, now); // who always moves
    };
    // A timer and not requestAnimationFrame: a page that is covered must go on.
    setInterval(draw, 10);
    return { audio, picture: () => canvas.captureStream(30), sound: () => out.stream.clone() };
  };

  navigator.mediaDevices.getUserMedia = async (constraints) => {
    const devices = await original(constraints); // permission, and the real errors
    source ??= start();
    if (source.audio.state !== 'running') await source.audio.resume();
    const tracks = devices.getTracks().map((track) => {
      const own = track.kind === 'video' ? source.picture().getVideoTracks()[0] : source.sound().getAudioTracks()[0];
      const settings = track.getSettings();
      own.getSettings = () => settings; // which device it is
      own.getCapabilities = () => ({});
      own.applyConstraints = async () => {};
      const stop = own.stop.bind(own);
      own.stop = () => {
        stop();
        track.stop();
      };
      return own;
    });
    return new MediaStream(tracks);
  };
}
