import { Checkbox } from '@mantine/core';
import { Failed } from '../../ui/Form';
import style from './parts.module.css';

interface ChoicesProps<T extends string> {
  label: string;
  all: readonly T[];
  chosen: readonly T[];
  onChange: (chosen: T[]) => void;
  nameOf: (value: T) => string;
  hintOf?: (value: T) => string;
  error?: string;
}

/** Choices lets several of a few be chosen; what is chosen keeps the order of all. */
export function Choices<T extends string>({ label, all, chosen, onChange, nameOf, hintOf, error }: ChoicesProps<T>) {
  const toggle = (value: T) => onChange(all.filter((one) => (one === value) !== chosen.includes(one)));
  return (
    <fieldset className={style.group}>
      <legend>{label}</legend>
      {all.map((value) => (
        <Checkbox
          key={value}
          value={value}
          label={nameOf(value)}
          description={hintOf?.(value)}
          checked={chosen.includes(value)}
          onChange={() => toggle(value)}
        />
      ))}
      {error && <Failed>{error}</Failed>}
    </fieldset>
  );
}
