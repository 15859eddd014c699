import { useQuery } from '@tanstack/react-query';
import { get, send } from './api';
import type { Me } from './wire';

export const meKey = ['me'];

/** useMe is who is logged in. Below Frame the data is always there. */
export const useMe = () => useQuery({ queryKey: meKey, queryFn: () => get<Me>('/v1/admin/me') });

export const logout = () => send('POST', '/v1/admin/logout');
