import type { TestRole } from '../support/tokens.ts';
import type { Random } from './random.ts';

/** How a client behaves when nothing is done to it. */
export type Habit = 'steady' | 'wanders' | 'slow' | 'refreshes' | 'short tokens' | 'small frames';

/** One client in five reads by each of the two over HTTP. The SDK has no long-poll. */
type Wire = 'WebSocket' | 'SSE' | 'long-poll';

export interface Person {
  readonly name: string;
  readonly role: TestRole;
  readonly id: number;
  /** Asked for besides those of the role. */
  readonly extraRooms: readonly string[];
  /** Grows with what the client subscribes to. */
  readonly rooms: Set<string>;
  readonly habit: Habit;
  readonly wire: Wire;
}

export interface Appointment {
  readonly id: number;
  readonly providerId: number;
  readonly customerId: number;
  readonly secretaryIds: readonly number[];
}

const PROVIDERS = 6;
const SECRETARIES = 4;
const CUSTOMERS = 10;
/** Slow clients are this customer, whose appointments come with long notes. */
export const SLOW_CUSTOMER = 900;
/** Whose client closes 1009 over a frame above 32 KiB, as Go's does unless it is told otherwise. */
export const SMALL_FRAMES_CUSTOMER = 901;
const HABITS: readonly Habit[] = ['steady', 'wanders', 'refreshes', 'wanders', 'short tokens'];
const ROLES: readonly TestRole[] = ['provider', 'customer', 'secretary', 'provider', 'customer', 'admin'];

/** Clients of all roles and habits, several of them the same person on another phone. */
export function createPeople(
  {
    clients,
    slowClients,
    smallFrameClients = 0,
    habits = HABITS,
  }: { clients: number; slowClients: number; smallFrameClients?: number; habits?: readonly Habit[] },
  random: Random,
): readonly Person[] {
  const people = Array.from({ length: clients - slowClients }, (_, index): Person => {
    const role = ROLES[index % ROLES.length] ?? 'admin';
    const id = idOf(role, random);
    const extraRooms =
      role === 'admin' && random.chance(0.5) ? [`provider_${random.whole(1, PROVIDERS)}`] : [];
    const habit = habits[Math.floor(index / ROLES.length + index) % habits.length] ?? 'steady';
    const rooms = new Set([...ownRooms(role, id), ...extraRooms]);
    const wire = index < ROLES.length ? 'WebSocket' : wireOf(habit, random);
    return { name: `${role}-${id}/${index} by ${wire}`, role, id, extraRooms, rooms, habit, wire };
  });
  const slowOnes = Array.from({ length: slowClients }, (_, index): Person => {
    const [role, id] = ['customer', SLOW_CUSTOMER] as const;
    return {
      name: `slow/${index}`,
      role,
      id,
      extraRooms: [],
      rooms: new Set(ownRooms(role, id)),
      habit: 'slow',
      wire: 'WebSocket',
    };
  });
  const smallFrames = Array.from({ length: smallFrameClients }, (_, index): Person => {
    const [role, id] = ['customer', SMALL_FRAMES_CUSTOMER] as const;
    const rooms = new Set(ownRooms(role, id));
    return {
      name: `small frames/${index}`,
      role,
      id,
      extraRooms: [],
      rooms,
      habit: 'small frames',
      wire: 'WebSocket',
    };
  });
  return [...people, ...slowOnes, ...smallFrames];
}

export function createAppointment(id: number, random: Random): Appointment {
  return {
    id,
    providerId: random.whole(1, PROVIDERS),
    customerId: random.whole(1, CUSTOMERS),
    secretaryIds: random.chance(0.4) ? [random.whole(1, SECRETARIES)] : [],
  };
}

/** Where an appointment's events go, by the rule of the contract (not by the code that is tested). */
export function roomsOfAppointment({ providerId, customerId, secretaryIds }: Appointment): readonly string[] {
  return [
    'admin',
    `provider_${providerId}`,
    `customer_${customerId}`,
    ...secretaryIds.map((id) => `secretary_${id}`),
  ];
}

/** What only a WebSocket can do is left to it, as are the first of each role. */
function wireOf(habit: Habit, random: Random): Wire {
  const draw = random.whole(1, 5);
  if (habit === 'refreshes' || draw > 2) return 'WebSocket';
  return draw === 1 ? 'SSE' : 'long-poll';
}

function ownRooms(role: TestRole, id: number): readonly string[] {
  if (role === 'admin') return ['admin', 'calendar'];
  return role === 'customer' ? [`customer_${id}`] : [`${role}_${id}`, 'calendar'];
}

function idOf(role: TestRole, random: Random): number {
  switch (role) {
    case 'admin':
      return random.whole(1, 3);
    case 'provider':
      return random.whole(1, PROVIDERS);
    case 'secretary':
      return random.whole(1, SECRETARIES);
    case 'customer':
      return random.whole(1, CUSTOMERS);
  }
}
