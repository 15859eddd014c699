import { NativeSelect, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Dialog } from '../../ui/Dialog';
import { send } from '../api';
import { DialogForm } from '../parts/DialogForm';
import { exact } from '../parts/exact';
import { fieldError } from '../parts/Refused';
import type { CreatedSigningKey, NewSigningKey, SigningAlgorithm, SigningKey } from '../wire';
import { IntegrationInput } from './IntegrationInput';
import { guessAlgorithm, guessKid, holdsPrivateKey } from './pasted';
import { signingKey, signingPath } from './SigningKeys';

const kinds = ['public', 'secret', 'jwks'] as const;
type Kind = (typeof kinds)[number];
const algorithms: SigningAlgorithm[] = ['EdDSA', 'ES256', 'RS256'];

interface NewSigningKeyProps {
  opened: boolean;
  onClose: () => void;
  /** gets the key when its secret was made by the server, to be shown once */
  onMade: (created: CreatedSigningKey) => void;
  known: SigningKey[];
}

/** NewSigningKeyDialog registers a key: pasted, a shared secret, or the address of a set of keys. */
export function NewSigningKeyDialog({ opened, ...rest }: NewSigningKeyProps) {
  const { t } = useTranslation();
  return (
    <Dialog opened={opened} onClose={rest.onClose} title={t('portal.integrations.signing.create')}>
      <Form {...rest} />
    </Dialog>
  );
}

function Form({ onClose, onMade, known }: Omit<NewSigningKeyProps, 'opened'>) {
  const { t } = useTranslation();
  const words = (key: string) => t(`portal.integrations.signing.${key}`);
  const queries = useQueryClient();
  const [integration, setIntegration] = useState(known.at(-1)?.integration ?? 'lk');
  const [issuer, setIssuer] = useState(known.at(-1)?.issuer ?? '');
  const [kind, setKind] = useState<Kind>('public');
  const [kid, setKid] = useState('');
  const [algorithm, setAlgorithm] = useState<SigningAlgorithm>('EdDSA');
  const [material, setMaterial] = useState('');
  const leaked = kind === 'public' && holdsPrivateKey(material);
  const create = useMutation({
    mutationFn: () => {
      const order: NewSigningKey = { integration: integration.trim(), issuer: issuer.trim() };
      if (kind === 'jwks') order.jwksUrl = material.trim();
      else {
        order.kid = kid.trim();
        order.algorithm = kind === 'secret' ? 'HS256' : algorithm;
        if (kind === 'public') order.publicKey = material.trim();
        else if (material.trim()) order.secret = material.trim();
      }
      return send<CreatedSigningKey>('POST', signingPath, order);
    },
    onSuccess: (created) => {
      void queries.invalidateQueries({ queryKey: signingKey });
      onClose();
      if (created.secret) onMade(created);
    },
  });
  const paste = (text: string) => {
    setMaterial(text);
    if (kind !== 'public') return;
    setAlgorithm(guessAlgorithm(text) ?? algorithm);
    setKid(guessKid(text) ?? kid);
  };
  const wrong = (pointer: string) => fieldError(create.error, pointer);
  return (
    <DialogForm
      onSubmit={() => create.mutate()}
      onClose={onClose}
      submit={words('add')}
      busy={create.isPending}
      error={create.error}
      fields={['/integration', '/issuer', '/kid', '/algorithm', '/publicKey', '/secret', '/jwksUrl']}
      disabled={leaked || (kind !== 'secret' && !material.trim()) || !issuer.trim() || (kind !== 'jwks' && !kid.trim())}
      testId="signing-add"
    >
      <IntegrationInput
        value={integration}
        onChange={setIntegration}
        known={known.map((key) => key.integration)}
        error={wrong('/integration')}
      />
      <TextInput
        {...exact}
        name="issuer"
        label={words('issuer')}
        description={words('issuerHint')}
        required
        maxLength={200}
        value={issuer}
        error={wrong('/issuer')}
        onChange={(event) => setIssuer(event.currentTarget.value)}
      />
      <NativeSelect
        size="md"
        name="kind"
        label={words('kind')}
        value={kind}
        data={kinds.map((value) => ({ value, label: words(`kinds.${value}`) }))}
        onChange={(event) => {
          setKind(event.currentTarget.value as Kind);
          setMaterial('');
        }}
      />
      {kind === 'public' && (
        <Textarea
          size="md"
          name="publicKey"
          label={words('publicKey')}
          description={words('publicKeyHint')}
          classNames={{ input: 'code' }}
          spellCheck={false}
          required
          maxLength={10_000}
          value={material}
          error={leaked ? words('privatePasted') : wrong('/publicKey')}
          onChange={(event) => paste(event.currentTarget.value)}
        />
      )}
      {kind !== 'public' && (
        <TextInput
          {...exact}
          name={kind}
          type={kind === 'jwks' ? 'url' : 'text'}
          label={kind === 'jwks' ? words('jwksUrl') : t('portal.optional', { label: words('secret') })}
          description={words(kind === 'jwks' ? 'jwksHint' : 'secretHint')}
          required={kind === 'jwks'}
          maxLength={2000}
          value={material}
          error={wrong(kind === 'jwks' ? '/jwksUrl' : '/secret')}
          onChange={(event) => setMaterial(event.currentTarget.value)}
        />
      )}
      {kind !== 'jwks' && (
        <TextInput
          {...exact}
          name="kid"
          label={words('kid')}
          description={words('kidHint')}
          required
          maxLength={200}
          value={kid}
          error={wrong('/kid')}
          onChange={(event) => setKid(event.currentTarget.value)}
        />
      )}
      {kind === 'public' && (
        <NativeSelect
          size="md"
          name="algorithm"
          label={words('algorithm')}
          description={words('algorithmHint')}
          value={algorithm}
          error={wrong('/algorithm')}
          data={algorithms}
          onChange={(event) => setAlgorithm(event.currentTarget.value as SigningAlgorithm)}
        />
      )}
    </DialogForm>
  );
}
