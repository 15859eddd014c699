/**
 * meter tells about 15 times a second how loud a microphone is, 0 to 1, until
 * the returned function is called. It listens to a copy of the track, so it
 * hears the person even while he is muted.
 */
export function meter(track: MediaStreamTrack, heard: (level: number) => void): () => void {
  const copy = track.clone();
  copy.enabled = true;
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  context.createMediaStreamSource(new MediaStream([copy])).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  let shown = 0;
  const timer = setInterval(() => {
    if (context.state === 'suspended') void context.resume().catch(() => undefined);
    analyser.getFloatTimeDomainData(samples);
    shown = Math.max(loudness(samples), shown * 0.8);
    heard(shown);
  }, 66);
  return () => {
    clearInterval(timer);
    copy.stop();
    void context.close().catch(() => undefined);
  };
}

/** loudness maps -60…-10 dBFS, what speech spans, to 0…1. */
export function loudness(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const decibels = 10 * Math.log10(sum / samples.length + 1e-12);
  return Math.min(1, Math.max(0, (decibels + 60) / 50));
}
