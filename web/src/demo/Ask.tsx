import { Button } from '@mantine/core';
import type { UseMutationResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Form } from '../ui/Form';
import type { Session } from './model';
import { reason } from './parts';

/** AskedProps is what the form of each action gets. */
export interface AskedProps {
  session: Session;
  onDone: () => void;
}

interface AskProps {
  /** what it does */
  act: UseMutationResult<unknown, Error, void>;
  submit: string;
  testId: string;
  children: ReactNode;
}

/** Ask is the form of one action, with the one button that does it. */
export function Ask({ act, submit, testId, children }: AskProps) {
  const { t } = useTranslation();
  return (
    <Form
      onSubmit={() => act.mutate()}
      failed={act.error ? reason(act.error, t) : undefined}
      actions={
        <Button type="submit" size="lg" loading={act.isPending} data-autofocus data-testid={testId}>
          {submit}
        </Button>
      }
    >
      {children}
    </Form>
  );
}
