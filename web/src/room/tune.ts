/** Three rising notes, hertz: C5, E5, G5. */
const notes = [523.25, 659.25, 783.99];
const noteLength = 0.28;

/** playTune plays a soft tune, made on the spot, and resolves when it is over. */
export async function playTune(speaker?: string): Promise<void> {
  const context = new AudioContext();
  try {
    const sinkable = context as AudioContext & { setSinkId?: (id: string) => Promise<void> };
    if (speaker && sinkable.setSinkId) await sinkable.setSinkId(speaker).catch(() => undefined);
    notes.forEach((frequency, i) => {
      const at = context.currentTime + 0.05 + i * noteLength;
      const tone = new OscillatorNode(context, { frequency, type: 'triangle' });
      const volume = new GainNode(context, { gain: 0 });
      volume.gain.linearRampToValueAtTime(0, at);
      volume.gain.linearRampToValueAtTime(0.35, at + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.001, at + noteLength * 1.6);
      tone.connect(volume).connect(context.destination);
      tone.start(at);
      tone.stop(at + noteLength * 1.7);
    });
    await new Promise((resolve) => setTimeout(resolve, notes.length * noteLength * 1000 + 400));
  } finally {
    await context.close().catch(() => undefined);
  }
}
