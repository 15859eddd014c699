import { Button, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { segment, send } from '../api';
import { Confirm } from '../parts/Confirm';
import parts from '../parts/parts.module.css';
import { Tag, type Tone } from '../parts/Tag';
import { ago, dateOf, daysLeft } from '../parts/time';
import type { ApiKey } from '../wire';
import { apiKeysKey, apiKeysPath } from './ApiKeys';
import style from './Integrations.module.css';

/** A key used within this many days is taken to be at work: revoking it asks for its name. */
const atWorkDays = 7;

const tones: Record<ApiKey['state'], Tone> = { live: 'good', expiring: 'warn', expired: 'bad', revoked: 'plain' };

/** ApiKeyRow is one key: whose, what it may do, how long, when it was used. */
export function ApiKeyRow({ apiKey }: { apiKey: ApiKey }) {
  const { t, i18n } = useTranslation();
  const [revoking, setRevoking] = useState(false);
  const name = apiKey.name || apiKey.integration;
  const ended = apiKey.state === 'revoked';
  return (
    <li className={parts.item} data-dim={ended} data-testid="key-row" data-id={apiKey.id} data-state={apiKey.state}>
      <div className={style.row}>
        <div className={style.name}>
          <strong>{name}</strong>
          <span className={parts.muted}>
            {t('portal.integrations.integration')}: {apiKey.integration}
          </span>
          <code className={style.id}>{apiKey.id}</code>
        </div>
        <div className={style.end}>
          <Tag tone={tones[apiKey.state]}>{useStateWords(apiKey)}</Tag>
          {!ended && (
            <Button
              variant="default"
              onClick={() => setRevoking(true)}
              aria-label={t('portal.integrations.keys.revokeLabel', { name })}
              data-testid="key-revoke"
            >
              {t('portal.integrations.keys.revoke')}
            </Button>
          )}
        </div>
      </div>
      <div className={style.facts}>
        <span data-testid="key-used">
          {apiKey.lastUsedAt
            ? t('portal.integrations.keys.used', { time: ago(apiKey.lastUsedAt, t, i18n.language) })
            : t('portal.integrations.keys.unused')}
        </span>
        <span>
          {apiKey.expiresAt
            ? t('portal.integrations.keys.until', { time: dateOf(apiKey.expiresAt, i18n.language) })
            : t('portal.integrations.keys.noExpiry')}
        </span>
        <span>{apiKey.scopes.join(', ')}</span>
      </div>
      {(apiKey.state === 'expiring' || apiKey.state === 'expired') && (
        <p className={style.note} data-tone={apiKey.state === 'expired' ? 'bad' : 'warn'}>
          {t('portal.integrations.keys.expiringText')}
        </p>
      )}
      <Revoke apiKey={apiKey} name={name} opened={revoking} onClose={() => setRevoking(false)} />
    </li>
  );
}

function useStateWords({ state, revokedAt, expiresAt }: ApiKey): string {
  const { t, i18n } = useTranslation();
  if (revokedAt) return t('portal.integrations.revoked', { time: dateOf(revokedAt, i18n.language) });
  if (expiresAt && state === 'expired')
    return t('portal.integrations.keys.expired', { time: dateOf(expiresAt, i18n.language) });
  if (expiresAt && state === 'expiring')
    return t('portal.integrations.keys.expiring', { count: Math.max(0, daysLeft(expiresAt)) });
  return t('portal.integrations.active');
}

interface RevokeProps {
  apiKey: ApiKey;
  name: string;
  opened: boolean;
  onClose: () => void;
}

/** Revoke cannot be undone: for a key at work its name is asked for, so that no slip stops an integration. */
function Revoke({ apiKey, name, opened, onClose }: RevokeProps) {
  const { t, i18n } = useTranslation();
  const queries = useQueryClient();
  const [typed, setTyped] = useState('');
  const { lastUsedAt } = apiKey;
  const atWork = lastUsedAt !== undefined && daysLeft(lastUsedAt) >= -atWorkDays;
  const close = () => {
    setTyped('');
    onClose();
  };
  return (
    <Confirm
      opened={opened}
      onClose={close}
      title={t('portal.integrations.keys.revokeTitle', { name })}
      text={t('portal.integrations.keys.revokeText')}
      confirm={t('portal.integrations.keys.revoke')}
      disabled={atWork && typed.trim() !== name}
      act={() => send('DELETE', `${apiKeysPath}/${segment(apiKey.id)}`)}
      onDone={() => void queries.invalidateQueries({ queryKey: apiKeysKey })}
    >
      {atWork && (
        <>
          <p className={parts.note} data-tone="warn">
            {t('portal.integrations.keys.revokeUsed', { time: ago(lastUsedAt, t, i18n.language) })}
          </p>
          <TextInput
            size="md"
            name="confirm-name"
            label={t('portal.integrations.keys.revokeType', { name })}
            autoComplete="off"
            spellCheck={false}
            data-autofocus
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
        </>
      )}
    </Confirm>
  );
}
