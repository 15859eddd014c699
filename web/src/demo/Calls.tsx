import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { CopyButton } from '../ui/CopyButton';
import { curl } from './curl';
import style from './Demo.module.css';
import { type Call, useCalls } from './journal';
import { apiKey, type Info } from './lk';
import { Empty, Failure, Json } from './parts';

/** Calls shows for everything that was pressed which request LK sent and what came back. */
export function Calls({ info }: { info: Info | undefined }) {
  const { t } = useTranslation();
  const calls = useCalls();
  const [quiet, setQuiet] = useState(false);
  const [filling, setFilling] = useState(false);
  const key = useQuery({ queryKey: ['key'], queryFn: apiKey, enabled: filling, staleTime: Number.POSITIVE_INFINITY });
  const shown = calls.filter((call) => quiet || !call.quiet);
  const filled = filling && key.data && info ? { server: info.publicUrl, key: key.data } : undefined;
  return (
    <>
      <p className={style.soft}>{t('demo.calls.text')}</p>
      <div className={style.choices}>
        <label className={style.choice}>
          <input type="checkbox" checked={quiet} onChange={() => setQuiet(!quiet)} data-testid="demo-calls-quiet" />
          {t('demo.calls.quiet')}
        </label>
        {info?.keyShown && (
          <label className={style.choice}>
            <input
              type="checkbox"
              checked={filling}
              onChange={(event) => setFilling(event.currentTarget.checked)}
              data-testid="demo-calls-key"
            />
            {t('demo.calls.key')}
          </label>
        )}
      </div>
      <Failure error={key.error} />
      {shown.length === 0 && <Empty title={t('demo.calls.none')}>{t('demo.calls.noneText')}</Empty>}
      <ol className={style.plainList}>
        {shown.map((call, i) => (
          <CallRow key={call.n} call={call} newest={i === 0} filled={filled} />
        ))}
      </ol>
    </>
  );
}

interface CallRowProps {
  call: Call;
  newest: boolean;
  filled?: { server: string; key: string };
}

function CallRow({ call, newest, filled }: CallRowProps) {
  const { t } = useTranslation();
  const command = curl(call, filled);
  const { answer } = call;
  const good = answer && answer.status >= 200 && answer.status < 400;
  return (
    <li className={style.event} data-testid="demo-call" data-method={call.method} data-status={answer?.status}>
      <div className={style.row}>
        <strong>{t(call.why)}</strong>
        {answer && (
          <span className={style.state} data-state={good ? 'delivered' : 'dead'}>
            {answer.status || t('demo.calls.noAnswer')}
          </span>
        )}
      </div>
      <code className={style.route}>
        {call.method} {call.path}
      </code>
      <details open={newest || undefined}>
        <summary>{t('demo.calls.details')}</summary>
        <div className={style.codeHead}>
          <span>curl</span>
          <CopyButton text={command} size="sm" label={t('demo.calls.copy')} />
        </div>
        <Json value={command} label={t('demo.calls.request')} />
        {answer && (
          <>
            <div className={style.codeHead}>
              <span>{t('demo.calls.answer', { n: answer.milliseconds })}</span>
            </div>
            <Json
              value={[
                ...Object.entries(answer.headers).map(([name, value]) => `${name}: ${value}`),
                '',
                answer.body === undefined ? '' : JSON.stringify(answer.body, null, 2),
              ]
                .join('\n')
                .trim()}
              label={t('demo.calls.answerLabel')}
            />
          </>
        )}
      </details>
    </li>
  );
}
