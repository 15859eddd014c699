import { Button } from '@mantine/core';
import { IconAlertTriangle, IconLink, IconShieldCheck } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { dateTimeOf } from '../../ui/format';
import { send } from '../api';
import { Fold } from '../parts/Fold';
import { Refused } from '../parts/Refused';
import { Secret } from '../parts/Secret';
import type { AuditVerdict } from '../wire';
import style from './Audit.module.css';

const verdictKey = ['audit-verdict'];

/** Chain verifies the chain of the audit and says up to where it is whole. */
export function Chain() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const verify = useMutation({
    mutationFn: () => send<AuditVerdict>('POST', '/v1/admin/audit/verify'),
    onSuccess: (verdict) => queries.setQueryData(verdictKey, verdict),
  });
  const verdict = verify.data ?? queries.getQueryData<AuditVerdict>(verdictKey);
  const tone = verdict ? (verdict.ok ? 'good' : 'bad') : 'plain';
  return (
    <section className={style.chain} data-tone={tone} data-testid="audit-chain" data-ok={verdict?.ok}>
      <div className={style.sign} aria-hidden="true">
        {tone === 'good' ? <IconShieldCheck size={28} /> : null}
        {tone === 'bad' ? <IconAlertTriangle size={28} /> : null}
        {tone === 'plain' ? <IconLink size={28} /> : null}
      </div>
      <div className={style.verdict} role="status">
        {verdict ? <Verdict verdict={verdict} /> : <Unknown />}
      </div>
      <Button variant="default" loading={verify.isPending} onClick={() => verify.mutate()} data-testid="audit-verify">
        {t('portal.audit.chain.verify')}
      </Button>
      <Refused error={verify.error} />
      {verdict?.ok && verdict.headLink && (
        <div className={style.head}>
          <Fold summary={t('portal.audit.chain.head')}>
            <p>{t('portal.audit.chain.headHint')}</p>
            <Secret label={t('portal.audit.chain.head')} value={`${verdict.headN}:${verdict.headLink}`} />
          </Fold>
        </div>
      )}
    </section>
  );
}

function Unknown() {
  const { t } = useTranslation();
  return (
    <>
      <strong>{t('portal.audit.chain.unknown')}</strong>
      <p>{t('portal.audit.chain.unknownText')}</p>
    </>
  );
}

function Verdict({ verdict }: { verdict: AuditVerdict }) {
  const { t, i18n } = useTranslation();
  if (verdict.ok) {
    const n = new Intl.NumberFormat(i18n.language).format(verdict.entries);
    return (
      <>
        <strong>{t('portal.audit.chain.good')}</strong>
        <p>
          {t('portal.audit.chain.goodText', { count: verdict.entries, n, time: dateTimeOf(verdict.at, i18n.language) })}
        </p>
      </>
    );
  }
  return (
    <>
      <strong>{t('portal.audit.chain.bad')}</strong>
      <p>
        {verdict.firstBad && `${t('portal.audit.chain.badAt', { n: verdict.firstBad.n ?? '?' })} `}
        {t(`portal.audit.chain.why.${verdict.why ?? 'changed'}`)}.
      </p>
      <p>{t('portal.audit.chain.badText')}</p>
    </>
  );
}
