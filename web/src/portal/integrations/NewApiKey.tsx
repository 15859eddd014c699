import { NativeSelect, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Dialog } from '../../ui/Dialog';
import { send } from '../api';
import { Choices } from '../parts/Choices';
import { DialogForm } from '../parts/DialogForm';
import { fieldError } from '../parts/Refused';
import { Once, Secret } from '../parts/Secret';
import type { ApiKey, CreatedApiKey, KeyScope, NewApiKey } from '../wire';
import { apiKeysKey, apiKeysPath } from './ApiKeys';
import { IntegrationInput } from './IntegrationInput';
import style from './Integrations.module.css';

const scopes: readonly KeyScope[] = ['sessions:read', 'sessions:write', 'recordings:read', 'webhooks'];
const expiries = ['90', '180', '365', 'never'] as const;
type Expiry = (typeof expiries)[number];

interface NewApiKeyProps {
  opened: boolean;
  onClose: () => void;
  onCreated: (created: CreatedApiKey) => void;
  /** keys that there are, whose integrations are offered */
  known: ApiKey[];
}

/** NewApiKeyDialog asks what a new key is for. */
export function NewApiKeyDialog({ opened, onClose, ...rest }: NewApiKeyProps) {
  const { t } = useTranslation();
  return (
    <Dialog opened={opened} onClose={onClose} title={t('portal.integrations.keys.create')}>
      <Form onClose={onClose} {...rest} />
    </Dialog>
  );
}

function Form({ onClose, onCreated, known }: Omit<NewApiKeyProps, 'opened'>) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [integration, setIntegration] = useState(known.at(-1)?.integration ?? 'lk');
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState<KeyScope[]>([...scopes]);
  const [expiry, setExpiry] = useState<Expiry>('365');
  const create = useMutation({
    mutationFn: () => {
      const order: NewApiKey = { integration: integration.trim(), name: name.trim(), scopes: chosen };
      if (expiry !== 'never') order.expiresAt = inDays(Number(expiry));
      return send<CreatedApiKey>('POST', apiKeysPath, order);
    },
    onSuccess: (created) => {
      void queries.invalidateQueries({ queryKey: apiKeysKey });
      onClose();
      onCreated(created);
    },
  });
  return (
    <DialogForm
      onSubmit={() => create.mutate()}
      onClose={onClose}
      submit={t('portal.integrations.keys.add')}
      busy={create.isPending}
      error={create.error}
      fields={['/integration', '/name', '/scopes', '/expiresAt']}
      disabled={chosen.length === 0 || !integration.trim() || !name.trim()}
      testId="key-add"
    >
      <TextInput
        size="md"
        name="name"
        label={t('portal.integrations.keys.name')}
        placeholder={t('portal.integrations.keys.namePlaceholder')}
        autoComplete="off"
        required
        data-autofocus
        maxLength={200}
        value={name}
        error={fieldError(create.error, '/name')}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <IntegrationInput
        value={integration}
        onChange={setIntegration}
        known={known.map((key) => key.integration)}
        error={fieldError(create.error, '/integration')}
      />
      <Choices
        label={t('portal.integrations.keys.scopes')}
        all={scopes}
        chosen={chosen}
        onChange={setChosen}
        nameOf={(scope) => t(`portal.integrations.keys.scope.${scope}`)}
        hintOf={(scope) => scope}
        error={chosen.length === 0 ? t('portal.integrations.keys.scopesNone') : fieldError(create.error, '/scopes')}
      />
      <NativeSelect
        size="md"
        name="expiry"
        label={t('portal.integrations.keys.expires')}
        value={expiry}
        error={fieldError(create.error, '/expiresAt')}
        data={expiries.map((value) => ({ value, label: t(`portal.integrations.keys.expiry.${value}`) }))}
        onChange={(event) => setExpiry(event.currentTarget.value as Expiry)}
      />
    </DialogForm>
  );
}

const inDays = (days: number) => new Date(Date.now() + days * 24 * 3600_000).toISOString();

/** CreatedKey shows a new key, once, with a request to try it. */
export function CreatedKey({ created, onClose }: { created: CreatedApiKey | undefined; onClose: () => void }) {
  const { t } = useTranslation();
  const curl = `curl -H 'Authorization: Bearer ${created?.key}' '${location.origin}/v1/abm/video/sessions/doctor/1'`;
  return (
    <Once
      opened={created !== undefined}
      onClose={onClose}
      title={t('portal.integrations.keys.once', { name: created?.name || created?.integration })}
    >
      <Secret label={t('portal.integrations.keys.key')} value={created?.key ?? ''} testId="key-value" />
      {created?.scopes.includes('sessions:read') && (
        <div>
          <p>{t('portal.integrations.keys.onceTry')}</p>
          <pre className={style.curl}>
            <code>{curl}</code>
          </pre>
        </div>
      )}
    </Once>
  );
}
