import type { TestRole } from '../support/tokens.ts';
import type { Random } from './random.ts';

/** How a client behaves when nothing is done to it. */
export type Habit = 'steady' | 'wanders' | 'naps' | 'slow' | 'refreshes' | 'short tokens' | 'small frames';

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
  /** With its offset, where it says. */
  readonly start?: string;
}

/** How many there are of whom appointments are. */
export interface Crowd {
  readonly providers: number;
  readonly secretaries: number;
  readonly customers: number;
}

const FEW: Crowd = { providers: 6, secretaries: 4, customers: 10 };
/** One appointment in so many was yesterday. */
const PAST_EVERY = 20;
const DAY_MS = 24 * 60 * 60 * 1000;
/** Slow clients are this customer, whose appointments come with long notes. */
export const SLOW_CUSTOMER = 900;
/** Whose client closes 1009 over a frame above 32 KiB, as Go's does unless it is told otherwise. */
export const SMALL_FRAMES_CUSTOMER = 901;
const HABITS: readonly Habit[] = ['steady', 'wanders', 'refreshes', 'wanders', 'short tokens'];
/** Of those who have their app open in a crowd: some are away for long enough to be woken. */
const CROWD_HABITS: readonly Habit[] = ['steady', 'naps', 'wanders', 'refreshes', 'naps', 'short tokens'];
const ROLES: readonly TestRole[] = ['provider', 'customer', 'secretary', 'provider', 'customer', 'admin'];

interface Load {
  readonly clients: number;
  readonly slowClients: number;
  readonly smallFrameClients?: number;
  readonly habits?: readonly Habit[];
  readonly crowd?: Crowd;
}

/** Clients of all roles and habits, several of them the same person on another phone; of a crowd, everybody who has the app open. */
export function createPeople(load: Load, random: Random): readonly Person[] {
  const { clients, slowClients, smallFrameClients = 0, crowd, habits } = load;
  const people =
    crowd === undefined
      ? createFew(clients - slowClients, habits ?? HABITS, random)
      : createAwake(crowd, habits ?? CROWD_HABITS, random);
  const alike = (count: number, id: number, habit: Habit) =>
    Array.from({ length: count }, (_, index) =>
      person(`${habit}/${index}`, { role: 'customer', id, habit, wire: 'WebSocket' }),
    );
  return [
    ...people,
    ...alike(slowClients, SLOW_CUSTOMER, 'slow'),
    ...alike(smallFrameClients, SMALL_FRAMES_CUSTOMER, 'small frames'),
  ];
}

/** Everybody in a crowd; every other of them has the app open. */
export function everybodyIn({ providers, secretaries, customers }: Crowd): readonly Named[] {
  const all = (role: TestRole, count: number) =>
    Array.from({ length: count }, (_, index): Named => ({ role, id: index + 1 }));
  return [...all('provider', providers), ...all('secretary', secretaries), ...all('customer', customers)];
}

export interface Named {
  readonly role: TestRole;
  readonly id: number;
}

function createFew(count: number, habits: readonly Habit[], random: Random): readonly Person[] {
  return Array.from({ length: count }, (_, index) => {
    const role = ROLES[index % ROLES.length] ?? 'admin';
    const id = idOf(role, random);
    const extraRooms =
      role === 'admin' && random.chance(0.5) ? [`provider_${random.whole(1, FEW.providers)}`] : [];
    const habit = habits[Math.floor(index / ROLES.length + index) % habits.length] ?? 'steady';
    const wire = index < ROLES.length ? 'WebSocket' : wireOf(habit, random);
    return person(`${role}-${id}/${index} by ${wire}`, { role, id, habit, wire }, extraRooms);
  });
}

function createAwake(crowd: Crowd, habits: readonly Habit[], random: Random): readonly Person[] {
  const awake = everybodyIn(crowd).filter((_, index) => index % 2 === 0);
  return awake.map(({ role, id }, index) => {
    const habit = habits[index % habits.length] ?? 'steady';
    const wire = wireOf(habit, random);
    return person(`${role}-${id} by ${wire}`, { role, id, habit, wire });
  });
}

function person(
  name: string,
  who: Pick<Person, 'role' | 'id' | 'habit' | 'wire'>,
  extraRooms: readonly string[] = [],
): Person {
  return { name, ...who, extraRooms, rooms: new Set([...ownRooms(who.role, who.id), ...extraRooms]) };
}

export function createAppointment(id: number, random: Random, crowd: Crowd = FEW): Appointment {
  const days = id % PAST_EVERY === 0 ? -1 : 2;
  return {
    id,
    providerId: random.whole(1, crowd.providers),
    customerId: random.whole(1, crowd.customers),
    secretaryIds: random.chance(0.4) ? [random.whole(1, crowd.secretaries)] : [],
    start: new Date(Date.now() + days * DAY_MS).toISOString().replace('Z', '+00:00'),
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
      return random.whole(1, FEW.providers);
    case 'secretary':
      return random.whole(1, FEW.secretaries);
    case 'customer':
      return random.whole(1, FEW.customers);
  }
}
