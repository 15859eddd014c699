// A camera and microphone that flash and beep at the same moment, once in two
// seconds. Chromium's own fake devices run on two clocks that are not tied to
// each other, so nothing about lip sync can be seen with them.

/** Runs in the page before its own scripts: getUserMedia still asks the fake devices, then gives these tracks instead. */
export function installSource({ hue, tone }) {
  const original = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  const period = 2;
  const length = 0.2;
  let source;

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
    const draw = () => {
      const now = audio.currentTime;
      while (planned < now + 1) {
        gate.gain.setValueAtTime(0.5, planned);
        gate.gain.setValueAtTime(0, planned + length);
        times.push(planned);
        planned += period;
      }
      while (times.length && times[0] + length < now) times.shift();
      const flash = times.length > 0 && now >= times[0];
      g.fillStyle = flash ? '#fff' : `hsl(${hue} 60% 25%)`;
      g.fillRect(0, 0, 640, 360);
      g.fillStyle = `hsl(${hue} 80% 60%)`; // something that always moves
      g.fillRect(((now * 120) % 700) - 60, 150, 60, 60);
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
