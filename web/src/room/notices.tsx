import { Button } from '@mantine/core';
import {
  IconAlertTriangle,
  IconBrowser,
  IconCalendarX,
  IconCircleCheck,
  IconClock,
  IconDoorEnter,
  IconDoorExit,
  IconLinkOff,
  IconUserOff,
  IconWifiOff,
} from '@tabler/icons-react';
import { type ReactNode, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Entered } from '../engine/room-api';
import type { Role } from '../engine/types';
import { clock, dateTimeOf } from '../ui/format';
import { Notice } from '../ui/Notice';
import { Page } from '../ui/Page';
import { useCall, usePresent } from './call-context';
import style from './Ended.module.css';
import { Rating } from './Rating';

const size = 40;

interface EndedProps {
  status: string;
  reason?: string;
  session?: Pick<Entered['session'], 'startedAt' | 'finishedAt' | 'endReason'>;
  role?: Role;
  /** it was this page that ended it */
  byMe?: boolean;
  brand?: string;
  /** the pass of a patient who may rate the consultation */
  rateWith?: string;
}

/** Ended tells that the consultation is over, why, and what is next. */
export function Ended({ status, reason, session, role, byMe, brand, rateWith }: EndedProps) {
  const { t } = useTranslation();
  if (status === 'cancelled' || status === 'missed') {
    return (
      <Page title={t(`ended.${status}`)} brand={brand} width="narrow">
        <Notice icon={<IconCalendarX size={size} />} title={t(`ended.${status}`)} testId="ended-title" code={status}>
          <p>{t(`ended.${status}Text`)}</p>
        </Notice>
      </Page>
    );
  }
  const why = reason || session?.endReason || 'plain';
  const next = (
    <>
      <p>{t(role === 'doctor' ? 'ended.nextDoctor' : 'ended.nextPatient')}</p>
      <p>{t('ended.closePage')}</p>
    </>
  );
  return (
    <Page title={t('ended.finished')} brand={brand} width="narrow">
      <Notice
        icon={<IconCircleCheck size={size} />}
        tone="good"
        title={t('ended.finished')}
        testId="ended-title"
        code="finished"
      >
        <p>{t(byMe ? 'ended.byMe' : `ended.${why}`)}</p>
        <Lasted session={session} />
        {!rateWith && next}
      </Notice>
      {rateWith && (
        <>
          <Rating pass={rateWith} />
          <div className={style.next}>{next}</div>
        </>
      )}
    </Page>
  );
}

function Lasted({ session }: Pick<EndedProps, 'session'>) {
  const { t } = useTranslation();
  if (!session?.startedAt || !session.finishedAt) return null;
  const lasted = Date.parse(session.finishedAt) - Date.parse(session.startedAt);
  return <p>{t('ended.duration', { time: clock(lasted) })}</p>;
}

/** Left is shown to who went out for now. */
export function Left() {
  const { t } = useTranslation();
  const { call, entered } = usePresent();
  return (
    <Page title={t('ended.left')} brand={entered.brand.name} width="narrow">
      <Notice
        icon={<IconDoorExit size={size} />}
        title={t('ended.left')}
        testId="left-title"
        actions={
          <Button size="lg" data-testid="return-button" onClick={() => call.comeBack()}>
            {t('ended.return')}
          </Button>
        }
      >
        <p>{t('ended.leftText')}</p>
      </Notice>
    </Page>
  );
}

/** Returning is shown while a tab that was in the room comes back, after a reload for example. */
export function Returning() {
  const { t } = useTranslation();
  const { call, entered } = usePresent();
  const { link } = useCall();
  const long = link.attempt > 2;
  return (
    <Page title={t('ended.returning')} brand={entered.brand.name} width="narrow">
      <Notice
        icon={<IconDoorEnter size={size} />}
        title={t(long ? 'error.offline' : 'ended.returning')}
        testId="returning-title"
        actions={
          long && (
            <Button size="lg" onClick={() => call.retry()}>
              {t('common.retry')}
            </Button>
          )
        }
      >
        <p role="status">{t(long ? 'error.offlineText' : 'ended.returningText')}</p>
      </Notice>
    </Page>
  );
}

/** Replaced is shown where another tab took the seat. */
export function Replaced() {
  const { t } = useTranslation();
  const { call, entered } = usePresent();
  return (
    <Page title={t('error.replaced')} brand={entered.brand.name} width="narrow">
      <Notice
        icon={<IconBrowser size={size} />}
        title={t('error.replaced')}
        testId="error-title"
        code="replaced"
        actions={
          <Button size="lg" data-testid="return-button" onClick={() => call.comeBack()}>
            {t('error.comeBack')}
          </Button>
        }
      >
        <p>{t('error.replacedText')}</p>
      </Notice>
    </Page>
  );
}

const icons: Record<string, ReactNode> = {
  link_unknown: <IconLinkOff size={size} />,
  link_expired: <IconLinkOff size={size} />,
  link_reissued: <IconLinkOff size={size} />,
  revoked: <IconUserOff size={size} />,
  unauthorized: <IconLinkOff size={size} />,
  too_early: <IconClock size={size} />,
  offline: <IconWifiOff size={size} />,
  unavailable: <IconWifiOff size={size} />,
};

/** Codes that have words of their own; others share one text. */
const worded = new Set([
  'link_unknown',
  'link_expired',
  'link_reissued',
  'revoked',
  'too_early',
  'unauthorized',
  'consent_required',
  'room_full',
  'forbidden',
  'offline',
  'unavailable',
  'rate_limited',
]);
const retryable = new Set(['offline', 'unavailable', 'rate_limited', 'room_full', 'defect']);

interface FailureProps {
  code: string;
  /** too_early: when the window opens */
  at?: string;
  brand?: string;
  retryIn?: number;
  retry: () => void;
}

/** Failure tells in plain words why one cannot come in, and what to do. */
export function Failure({ code, at, brand, retryIn, retry }: FailureProps) {
  const { t, i18n } = useTranslation();
  const words = worded.has(code) ? code : code === 'internal' ? 'unavailable' : 'defect';
  return (
    <Page title={t(`error.${words}`)} brand={brand} width="narrow">
      <Notice
        icon={icons[words] ?? <IconAlertTriangle size={size} />}
        tone={words === 'defect' ? 'bad' : 'calm'}
        title={t(`error.${words}`)}
        testId="error-title"
        code={code}
        actions={
          retryable.has(words) && (
            <Button size="lg" onClick={retry}>
              {t(words === 'defect' ? 'error.reload' : 'common.retry')}
            </Button>
          )
        }
      >
        <p>{t(`error.${words}Text`)}</p>
        {at && <p>{dateTimeOf(at, i18n.language)}</p>}
        {retryIn !== undefined && <RetryIn key={retry.toString() + retryIn} seconds={retryIn} retry={retry} />}
      </Notice>
    </Page>
  );
}

function RetryIn({ seconds, retry }: { seconds: number; retry: () => void }) {
  const { t } = useTranslation();
  const [left, setLeft] = useState(seconds);
  useEffect(() => {
    if (left <= 0) {
      retry();
      return;
    }
    const timer = setTimeout(() => setLeft(left - 1), 1000);
    return () => clearTimeout(timer);
  }, [left, retry]);
  return <p aria-live="off">{t('error.again', { count: Math.max(0, left) })}</p>;
}
