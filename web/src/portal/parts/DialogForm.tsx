import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Form } from '../../ui/Form';
import style from './parts.module.css';
import { reason } from './Refused';

interface DialogFormProps {
  onSubmit: () => void;
  onClose: () => void;
  submit: string;
  busy: boolean;
  error: Error | null;
  /** words for an error that this dialog knows better than the server */
  failed?: string;
  /** fields of the form, by JSON pointer, that show their own error */
  fields?: readonly string[];
  danger?: boolean;
  disabled?: boolean;
  testId?: string;
  children: ReactNode;
}

/** DialogForm is what a dialog asks, with a way back beside the button that does it. */
export function DialogForm(props: DialogFormProps) {
  const { t } = useTranslation();
  return (
    <Form
      onSubmit={props.onSubmit}
      failed={props.failed ?? (props.error ? reason(props.error, t, props.fields) : undefined)}
      actions={
        <div className={style.dialogActions}>
          <Button variant="default" size="md" onClick={props.onClose}>
            {t('common.cancel')}
          </Button>
          <Button
            type="submit"
            size="md"
            color={props.danger ? '#b3261e' : undefined}
            loading={props.busy}
            disabled={props.disabled}
            data-testid={props.testId ?? 'dialog-submit'}
          >
            {props.submit}
          </Button>
        </div>
      }
    >
      {props.children}
    </Form>
  );
}
