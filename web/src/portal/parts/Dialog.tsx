import { Button, Modal } from '@mantine/core';
import type { FormEvent, ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import style from './parts.module.css';
import { Refused } from './Refused';

interface DialogProps {
  opened: boolean;
  onClose: () => void;
  title: string;
  children: ReactNode;
  /** false: only what is inside closes it, so that a secret is not lost by a slip */
  dismissable?: boolean;
  wide?: boolean;
}

/** Dialog asks for something over the page. */
export function Dialog({ opened, onClose, title, children, dismissable = true, wide = false }: DialogProps) {
  const { t } = useTranslation();
  return (
    <Modal.Root
      opened={opened}
      onClose={onClose}
      centered
      size={wide ? 'lg' : 'md'}
      radius="lg"
      lockScroll={false}
      closeOnEscape={dismissable}
      closeOnClickOutside={dismissable}
    >
      <Modal.Overlay />
      <Modal.Content>
        {/* The kit's own header would be a second banner of the page. */}
        <div className={style.dialogHead}>
          <Modal.Title className={style.dialogTitle}>{title}</Modal.Title>
          {dismissable && <Modal.CloseButton aria-label={t('common.close')} />}
        </div>
        <Modal.Body className={style.dialogBody}>{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}

interface DialogFormProps {
  onSubmit: () => void;
  onClose: () => void;
  submit: string;
  busy: boolean;
  error: Error | null;
  /** fields of the form, by JSON pointer, that show their own error */
  fields?: readonly string[];
  danger?: boolean;
  disabled?: boolean;
  testId?: string;
  children: ReactNode;
}

/** DialogForm is what a dialog asks, with its buttons and what the server said against it. */
export function DialogForm(props: DialogFormProps) {
  const { t } = useTranslation();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    props.onSubmit();
  };
  return (
    <form className={style.form} onSubmit={submit}>
      {props.children}
      <Refused error={props.error} fields={props.fields} />
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
    </form>
  );
}
