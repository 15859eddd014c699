import { Radio, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Dialog } from '../../ui/Dialog';
import type { Tagged } from '../api';
import { Choices } from '../parts/Choices';
import { DialogForm } from '../parts/DialogForm';
import parts from '../parts/parts.module.css';
import { fieldError } from '../parts/Refused';
import type { EventType, Webhook, WebhookWithSecret } from '../wire';
import { amendWebhook, createWebhook, eventTypes, webhooksKey } from './hooks';
import { IntegrationInput } from './IntegrationInput';

interface NewWebhookProps {
  opened: boolean;
  onClose: () => void;
  onCreated: (created: WebhookWithSecret) => void;
  known: Webhook[];
}

/** NewWebhookDialog registers an address that is told of events. */
export function NewWebhookDialog({ opened, onClose, onCreated, known }: NewWebhookProps) {
  const { t } = useTranslation();
  return (
    <Dialog opened={opened} onClose={onClose} title={t('portal.integrations.webhooks.create')}>
      <Form onClose={onClose} onCreated={onCreated} known={known} />
    </Dialog>
  );
}

/** EditWebhookDialog changes the address, the description and what is told. */
export function EditWebhookDialog(props: { webhook: Tagged<Webhook>; opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Dialog opened={props.opened} onClose={props.onClose} title={t('portal.integrations.webhooks.editTitle')}>
      <Form onClose={props.onClose} webhook={props.webhook} known={[]} />
    </Dialog>
  );
}

interface FormProps {
  onClose: () => void;
  onCreated?: (created: WebhookWithSecret) => void;
  known: Webhook[];
  /** the one to change; undefined for a new one */
  webhook?: Tagged<Webhook>;
}

function Form({ onClose, onCreated, known, webhook: present }: FormProps) {
  const { t } = useTranslation();
  const words = (key: string) => t(`portal.integrations.webhooks.${key}`);
  const queries = useQueryClient();
  const [webhook] = useState(present); // as it was when the form was opened: what others change meanwhile is not overwritten
  const [integration, setIntegration] = useState(webhook?.integration ?? known[0]?.integration ?? 'lk');
  const [url, setURL] = useState(webhook?.url ?? '');
  const [description, setDescription] = useState(webhook?.description ?? '');
  const [events, setEvents] = useState<EventType[] | null>(webhook?.events.length ? webhook.events : null);
  const save = useMutation({
    mutationFn: async () => {
      const own = { url: url.trim(), description: description.trim() };
      if (webhook) {
        await amendWebhook(webhook, { ...own, events });
        return undefined;
      }
      return createWebhook({ ...own, integration: integration.trim(), events: events ?? [] });
    },
    onSuccess: (created) => {
      void queries.invalidateQueries({ queryKey: webhooksKey });
      onClose();
      if (created) onCreated?.(created);
    },
  });
  const wrong = (pointer: string) => fieldError(save.error, pointer);
  return (
    <DialogForm
      onSubmit={() => save.mutate()}
      onClose={onClose}
      submit={webhook ? t('portal.save') : words('add')}
      busy={save.isPending}
      error={save.error}
      fields={['/url', '/description', '/events', '/integration']}
      disabled={!url.trim() || !integration.trim() || events?.length === 0}
      testId="webhook-save"
    >
      <TextInput
        size="md"
        name="url"
        type="url"
        label={words('url')}
        description={words('urlHint')}
        autoComplete="off"
        required
        data-autofocus
        maxLength={2048}
        value={url}
        error={wrong('/url')}
        onChange={(event) => setURL(event.currentTarget.value)}
      />
      {!webhook && (
        <IntegrationInput
          value={integration}
          onChange={setIntegration}
          known={known.map((one) => one.integration)}
          error={wrong('/integration')}
        />
      )}
      <TextInput
        size="md"
        name="description"
        label={t('portal.optional', { label: words('description') })}
        placeholder={words('descriptionPlaceholder')}
        autoComplete="off"
        maxLength={200}
        value={description}
        error={wrong('/description')}
        onChange={(event) => setDescription(event.currentTarget.value)}
      />
      <fieldset className={parts.group}>
        <legend>{words('events')}</legend>
        <Radio name="which" label={words('eventsAll')} checked={events === null} onChange={() => setEvents(null)} />
        <Radio
          name="which"
          label={words('eventsSome')}
          checked={events !== null}
          onChange={() => setEvents(['session.status_changed'])}
          data-testid="events-some"
        />
      </fieldset>
      {events !== null && (
        <Choices
          label={words('eventsWhich')}
          all={eventTypes}
          chosen={events}
          onChange={setEvents}
          nameOf={(type) => t(`portal.integrations.event.${type}`)}
          hintOf={(type) => type}
          error={events.length === 0 ? words('eventsNone') : wrong('/events')}
        />
      )}
    </DialogForm>
  );
}
