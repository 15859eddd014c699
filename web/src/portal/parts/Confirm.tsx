import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Dialog } from '../../ui/Dialog';
import { DialogForm } from './DialogForm';

interface ConfirmProps {
  opened: boolean;
  onClose: () => void;
  title: string;
  text: string;
  /** the word on the button that does it */
  confirm: string;
  act: () => Promise<unknown>;
  onDone?: () => void;
  danger?: boolean;
  disabled?: boolean;
  children?: ReactNode;
}

/** Confirm asks before what cannot be taken back. */
export function Confirm({ opened, onClose, title, text, confirm, act, onDone, ...rest }: ConfirmProps) {
  const doing = useMutation({
    mutationFn: act,
    onSuccess: () => {
      onClose();
      onDone?.();
    },
  });
  const close = () => {
    doing.reset();
    onClose();
  };
  return (
    <Dialog opened={opened} onClose={close} title={title}>
      <DialogForm
        onSubmit={() => doing.mutate()}
        onClose={close}
        submit={confirm}
        busy={doing.isPending}
        error={doing.error}
        danger={rest.danger ?? true}
        disabled={rest.disabled}
        testId="confirm"
      >
        <p>{text}</p>
        {rest.children}
      </DialogForm>
    </Dialog>
  );
}
