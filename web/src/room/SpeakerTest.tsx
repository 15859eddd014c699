import { Button } from '@mantine/core';
import { IconVolume } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useDevices } from './call-context';
import style from './SpeakerTest.module.css';
import { playTune } from './tune';

/** SpeakerTest plays a short tune through the chosen speaker. */
export function SpeakerTest() {
  const { t } = useTranslation();
  const { chosen } = useDevices();
  const [state, setState] = useState<'idle' | 'playing' | 'played'>('idle');
  const play = async () => {
    setState('playing');
    await playTune(chosen.speaker);
    setState('played');
  };
  return (
    <div className={style.test}>
      <Button
        variant="default"
        size="md"
        leftSection={<IconVolume size={22} />}
        onClick={() => void play()}
        disabled={state === 'playing'}
      >
        {t('check.speakerTest')}
      </Button>
      <span role="status" className={style.hint}>
        {state === 'playing' ? t('check.speakerPlaying') : state === 'played' ? t('check.speakerHint') : ''}
      </span>
    </div>
  );
}
