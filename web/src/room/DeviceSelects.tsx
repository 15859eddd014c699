import { NativeSelect } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useDevices, usePresent } from './call-context';
import style from './DeviceSelects.module.css';

/** Only some browsers let a page choose where sound comes out. */
const canChooseSpeaker = 'setSinkId' in HTMLMediaElement.prototype;

/** DeviceSelects lets one choose camera, microphone and speaker. */
export function DeviceSelects() {
  const { t } = useTranslation();
  const { devices } = usePresent().call;
  const { list, chosen, camera, mic } = useDevices();
  const options = (found: MediaDeviceInfo[], name: string) =>
    found.map((device, i) => ({ value: device.deviceId, label: device.label || `${name} ${i + 1}` }));
  const inUse = (track: MediaStreamTrack | null, wanted?: string) => track?.getSettings().deviceId ?? wanted ?? '';
  return (
    <div className={style.selects}>
      <NativeSelect
        size="md"
        label={t('check.camera')}
        data={options(list.cameras, t('check.camera'))}
        value={inUse(camera, chosen.camera)}
        disabled={list.cameras.length === 0}
        onChange={(event) => void devices.choose('camera', event.currentTarget.value)}
      />
      <NativeSelect
        size="md"
        label={t('check.mic')}
        data={options(list.mics, t('check.mic'))}
        value={inUse(mic, chosen.mic)}
        disabled={list.mics.length === 0}
        onChange={(event) => void devices.choose('mic', event.currentTarget.value)}
      />
      {canChooseSpeaker && list.speakers.length > 0 && (
        <NativeSelect
          size="md"
          label={t('check.speaker')}
          data={options(list.speakers, t('check.speaker'))}
          value={chosen.speaker ?? 'default'}
          onChange={(event) => devices.setSpeaker(event.currentTarget.value)}
        />
      )}
    </div>
  );
}
