import { IconMicrophoneOff, IconPlayerRecord, IconUserPlus, IconVideoOff, IconWifiOff } from '@tabler/icons-react';
import { type ReactNode, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { meter } from '../engine/level';
import style from './Banners.module.css';
import { useCall, useDevices, usePresent } from './call-context';
import { nameOf, shortNameOf } from './names';

/** Attempts after which it is no longer a hiccup. */
const patience = 3;

/** Banners say in words what is going on with the connection and what waits for this person. */
export function Banners({ onFix }: { onFix?: () => void }) {
  return (
    <div className={style.banners}>
      <Connection />
      <Admissions />
      <OwnDevices onFix={onFix} />
      <ConsentBanner />
      <Weak />
    </div>
  );
}

interface BannerProps {
  icon: ReactNode;
  tone?: 'calm' | 'warn' | 'bad';
  words: string;
  testId?: string;
  action?: string;
  actionLabel?: string;
  actionTestId?: string;
  onAction?: () => void;
  children?: ReactNode;
}

function Banner({
  icon,
  tone = 'calm',
  words,
  testId,
  action,
  actionLabel,
  actionTestId,
  onAction,
  children,
}: BannerProps) {
  return (
    <div className={style.banner} data-tone={tone} role="status" data-testid={testId}>
      {icon}
      <span className={style.words}>{words}</span>
      {action && onAction && (
        <button
          type="button"
          className={style.action}
          onClick={onAction}
          aria-label={actionLabel}
          data-testid={actionTestId}
        >
          {action}
        </button>
      )}
      {children}
    </div>
  );
}

function Connection() {
  const { t } = useTranslation();
  const { call } = usePresent();
  const { link, media, phase } = useCall();
  if (!link.up && phase !== 'check') {
    const long = link.attempt > patience;
    return (
      <Banner
        icon={<IconWifiOff size={22} aria-hidden="true" />}
        tone="bad"
        words={t(long ? 'banner.offline' : 'banner.restoring')}
        testId="network-state"
        action={long ? t('banner.retry') : undefined}
        onAction={() => call.retry()}
      />
    );
  }
  if (phase === 'joined' && media === 'restoring') {
    return (
      <Banner
        icon={<IconWifiOff size={22} aria-hidden="true" />}
        tone="warn"
        words={t('banner.media')}
        testId="network-state"
      />
    );
  }
  return null;
}

function Admissions() {
  const { t } = useTranslation();
  const { call } = usePresent();
  const { waiting, tiles } = useCall();
  return waiting.map((one, i) =>
    tiles.length === 0 && i === 0 ? (
      <span key={one.seat} />
    ) : (
      <Banner
        key={one.seat}
        icon={<IconUserPlus size={22} aria-hidden="true" />}
        words={t('people.waits', { name: shortNameOf(one, t) })}
        action={t('people.admit')}
        actionLabel={t('people.admitName', { name: nameOf(one, t) })}
        actionTestId="admit"
        onAction={() => call.admit(one.seat)}
      />
    ),
  );
}

function OwnDevices({ onFix }: { onFix?: () => void }) {
  const { t } = useTranslation();
  const { call } = usePresent();
  const { phase } = useCall();
  const { mic, micOn, camera, cameraOn, problems, interrupted } = useDevices();
  const speaks = useSpeaksWhileMuted(mic, !micOn && phase === 'joined');
  if (phase !== 'joined') return null;
  const off = <IconMicrophoneOff size={22} aria-hidden="true" />;
  if (micOn && !mic && problems.mic) {
    return (
      <Banner
        icon={off}
        tone="warn"
        words={t('banner.noMic', { why: t(`problem.mic.${problems.mic}`).toLowerCase() })}
        action={onFix ? t('banner.fix') : undefined}
        onAction={onFix}
      />
    );
  }
  if (interrupted.mic && micOn) return <Banner icon={off} tone="warn" words={t('banner.interrupted')} />;
  if (speaks) {
    return (
      <Banner
        icon={off}
        tone="warn"
        words={t('banner.muted')}
        testId="muted-banner"
        action={t('banner.unmute')}
        onAction={() => void call.devices.setMic(true)}
      />
    );
  }
  // Who has no camera, or gave no access, knows it; a camera that failed during the call comes as a surprise.
  if (cameraOn && !camera && (problems.camera === 'lost' || problems.camera === 'busy')) {
    return (
      <Banner
        icon={<IconVideoOff size={22} aria-hidden="true" />}
        tone="warn"
        words={t('banner.noCamera', { why: t(`problem.camera.${problems.camera}`).toLowerCase() })}
        action={onFix ? t('banner.fix') : undefined}
        onAction={onFix}
      />
    );
  }
  return null;
}

/** Somebody who talks for about half a second while muted surely wants to be heard. */
function useSpeaksWhileMuted(mic: MediaStreamTrack | null, muted: boolean): boolean {
  const [speaks, setSpeaks] = useState(false);
  useEffect(() => {
    setSpeaks(false);
    if (!mic || !muted) return;
    let loud = 0;
    return meter(mic, (level) => {
      loud = level > 0.5 ? loud + 1 : Math.max(0, loud - 1);
      if (loud > 7) setSpeaks(true);
    });
  }, [mic, muted]);
  return speaks;
}

function ConsentBanner() {
  const { t } = useTranslation();
  const { call } = usePresent();
  const { recording, phase } = useCall();
  if (phase !== 'joined' || recording.policy === 'off' || recording.consent !== 'unasked') return null;
  return (
    <Banner
      icon={<IconPlayerRecord size={22} aria-hidden="true" />}
      words={t('banner.consent')}
      action={t('consent.give')}
      onAction={() => call.setConsent(true)}
    >
      <button type="button" className={style.action} onClick={() => call.setConsent(false)}>
        {t('consent.refuse')}
      </button>
    </Banner>
  );
}

function Weak() {
  const { t } = useTranslation();
  const { quality, self, link, phase } = useCall();
  const mine = quality[self];
  if (phase !== 'joined' || !link.up || !mine?.cause || mine.level > 1) return null;
  return (
    <Banner
      icon={<IconWifiOff size={22} aria-hidden="true" />}
      tone="warn"
      words={t(`quality.me.${mine.cause}`)}
      testId="weak-network"
    />
  );
}
