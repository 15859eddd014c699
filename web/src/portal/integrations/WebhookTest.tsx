import { Button } from '@mantine/core';
import { IconSend } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import parts from '../parts/parts.module.css';
import { Refused } from '../parts/Refused';
import { took } from '../parts/time';
import type { Webhook, WebhookTestResult } from '../wire';
import { answerOf } from './answer';
import { testWebhook } from './hooks';
import style from './Integrations.module.css';

/** WebhookTest sends a test event now and shows what came back; children are further buttons beside its own. */
export function WebhookTest({ webhook, children }: { webhook: Webhook; children?: ReactNode }) {
  const { t } = useTranslation();
  const test = useMutation({ mutationFn: () => testWebhook(webhook.id) });
  return (
    <>
      <div className={parts.cardActions}>
        <Button
          variant="default"
          leftSection={<IconSend size={20} />}
          loading={test.isPending}
          onClick={() => test.mutate()}
          data-testid="webhook-test"
        >
          {t('portal.integrations.webhooks.test')}
        </Button>
        {children}
      </div>
      <div role="status">{test.data && <Outcome result={test.data} />}</div>
      <Refused error={test.error} />
    </>
  );
}

function Outcome({ result }: { result: WebhookTestResult }) {
  const { t, i18n } = useTranslation();
  const { delivered, status, tookMs } = result;
  return (
    <div
      className={style.note}
      data-tone={delivered ? 'good' : 'bad'}
      data-testid="test-outcome"
      data-delivered={delivered}
    >
      <strong>
        {delivered
          ? t('portal.integrations.webhooks.testGood', { status, took: took(tookMs, i18n.language) })
          : t('portal.integrations.webhooks.testBad', { why: answerOf(result, t) })}
      </strong>
      <p className={style.hint}>{t('portal.integrations.webhooks.testHint')}</p>
    </div>
  );
}
