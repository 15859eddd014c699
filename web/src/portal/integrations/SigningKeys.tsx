import { Button } from '@mantine/core';
import { IconSignature } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get, segment, send } from '../api';
import { Confirm } from '../parts/Confirm';
import parts from '../parts/parts.module.css';
import { Once, Secret } from '../parts/Secret';
import { Tag } from '../parts/Tag';
import { dateOf } from '../parts/time';
import type { CreatedSigningKey, List, SigningKey } from '../wire';
import style from './Integrations.module.css';
import { KeyList } from './KeyList';
import { NewSigningKeyDialog } from './NewSigningKey';

export const signingKey = ['signingkeys'];
export const signingPath = '/v1/admin/signingkeys';

/** SigningKeys lists the keys with which integrations mint links by themselves. */
export function SigningKeys() {
  const { t } = useTranslation();
  const [creating, setCreating] = useState(false);
  const [made, setMade] = useState<CreatedSigningKey>();
  const list = useQuery({ queryKey: signingKey, queryFn: () => get<List<SigningKey>>(signingPath) });
  return (
    <>
      <KeyList
        kind="signing"
        list={list}
        icon={<IconSignature size={40} />}
        onCreate={() => setCreating(true)}
        createTestId="signing-create"
        row={(key) => <Row key={key.id} signing={key} />}
      />
      <NewSigningKeyDialog
        opened={creating}
        onClose={() => setCreating(false)}
        onMade={setMade}
        known={list.data?.items ?? []}
      />
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
