import { Button } from '@mantine/core';
import { IconPlus, IconSignature } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get, segment, send } from '../api';
import { Confirm } from '../parts/Confirm';
import { Fold } from '../parts/Fold';
import parts from '../parts/parts.module.css';
import { Once, Secret } from '../parts/Secret';
import { Tag } from '../parts/Tag';
import { dateOf } from '../parts/time';
import { Empty, LoadFailed, Waiting } from '../states';
import type { CreatedSigningKey, List, SigningKey } from '../wire';
import style from './Integrations.module.css';
import { NewSigningKeyDialog } from './NewSigningKey';

export const signingKey = ['signingkeys'];
export const signingPath = '/v1/admin/signingkeys';

/** SigningKeys lists the keys with which integrations mint links by themselves. */
export function SigningKeys() {
  const { t } = useTranslation();
  const [creating, setCreating] = useState(false);
  const [made, setMade] = useState<CreatedSigningKey>();
  const list = useQuery({ queryKey: signingKey, queryFn: () => get<List<SigningKey>>(signingPath) });
  const keys = [...(list.data?.items ?? [])].reverse();
  const live = keys.filter((key) => !key.revokedAt);
  const revoked = keys.filter((key) => key.revokedAt);
  const create = (
    <Button leftSection={<IconPlus size={20} />} onClick={() => setCreating(true)} data-testid="signing-create">
      {t('portal.integrations.signing.create')}
    </Button>
  );
  return (
    <>
      <header className={parts.head}>
        <div>
          <h2>{t('portal.integrations.tabs.signing')}</h2>
          <p>{t('portal.integrations.signing.lead')}</p>
        </div>
        {keys.length > 0 && create}
      </header>
      {list.isPending && <Waiting />}
      {list.isError && <LoadFailed error={list.error} retry={() => void list.refetch()} />}
      {list.isSuccess && keys.length === 0 && (
        <Empty
          icon={<IconSignature size={40} />}
          title={t('portal.integrations.signing.none')}
          text={t('portal.integrations.signing.noneText')}
          actions={create}
        />
      )}
      <ul className={parts.list}>
        {live.map((key) => (
          <Row key={key.id} signing={key} />
        ))}
      </ul>
      {revoked.length > 0 && (
        <Fold summary={t('portal.integrations.keys.showRevoked', { count: revoked.length })}>
          <ul className={parts.list}>
            {revoked.map((key) => (
              <Row key={key.id} signing={key} />
            ))}
          </ul>
        </Fold>
      )}
      <NewSigningKeyDialog opened={creating} onClose={() => setCreating(false)} onMade={setMade} known={keys} />
      <Once
        opened={made !== undefined}
        onClose={() => setMade(undefined)}
        title={t('portal.integrations.signing.once', { kid: made?.kid })}
      >
        <Secret label={t('portal.integrations.signing.secret')} value={made?.secret ?? ''} testId="signing-secret" />
      </Once>
    </>
  );
}

function Row({ signing }: { signing: SigningKey }) {
  const { t, i18n } = useTranslation();
  const queries = useQueryClient();
  const [revoking, setRevoking] = useState(false);
  const name = signing.kid || t('portal.integrations.signing.setOfKeys');
  const { revokedAt } = signing;
  return (
    <li className={parts.item} data-dim={revokedAt !== undefined} data-testid="signing-row" data-id={signing.id}>
      <div className={style.row}>
        <div className={style.name}>
          <strong>{name}</strong>
          <span className={parts.muted}>
            {t('portal.integrations.integration')}: {signing.integration}
          </span>
          <span className={parts.muted}>iss: {signing.issuer}</span>
          {signing.jwksUrl && <code className={style.id}>{signing.jwksUrl}</code>}
        </div>
        <div className={style.end}>
          {signing.algorithm && <Tag>{signing.algorithm}</Tag>}
          <Tag tone={revokedAt ? 'plain' : 'good'}>
            {revokedAt
              ? t('portal.integrations.revoked', { time: dateOf(revokedAt, i18n.language) })
              : t('portal.integrations.active')}
          </Tag>
          {!revokedAt && (
            <Button
              variant="default"
              onClick={() => setRevoking(true)}
              aria-label={t('portal.integrations.signing.revokeLabel', { name })}
              data-testid="signing-revoke"
            >
              {t('portal.integrations.signing.revoke')}
            </Button>
          )}
        </div>
      </div>
      <div className={style.facts}>
        <span>{t('portal.integrations.signing.added', { time: dateOf(signing.createdAt, i18n.language) })}</span>
      </div>
      <Confirm
        opened={revoking}
        onClose={() => setRevoking(false)}
        title={t('portal.integrations.signing.revokeTitle', { name })}
        text={t('portal.integrations.signing.revokeText')}
        confirm={t('portal.integrations.signing.revoke')}
        act={() => send('DELETE', `${signingPath}/${segment(signing.id)}`)}
        onDone={() => void queries.invalidateQueries({ queryKey: signingKey })}
      />
    </li>
  );
}
