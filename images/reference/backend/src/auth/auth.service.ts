import { ConflictException, Injectable, UnauthorizedException } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { Database } from '../database/database.js';
import { Prisma } from '../generated/prisma/client.js';
import { logins } from '../metrics/metrics.js';
import type { Login, Register, Token } from './auth.schemas.js';
import { hashPassword, verifyPassword } from './password.js';

const UNIQUE_VIOLATION = 'P2002';

export interface Session {
  accessToken: string;
  user: { id: string; email: string; name: string };
}

@Injectable()
export class AuthService {
  /** Compared against when there is no such user, so that the time taken does not tell which addresses exist. */
  private readonly decoy = hashPassword('nobody has this password');

  constructor(
    private readonly database: Database,
    private readonly jwt: JwtService,
  ) {}

  async register({ email, name, password }: Register): Promise<Session> {
    const passwordHash = await hashPassword(password);
    try {
      const user = await this.database.client.user.create({ data: { email, name, passwordHash } });
      return await this.session(user);
    } catch (error) {
      if (error instanceof Prisma.PrismaClientKnownRequestError && error.code === UNIQUE_VIOLATION) {
        throw new ConflictException(['email: is already registered']);
      }
      throw error;
    }
  }

  async login({ email, password }: Login): Promise<Session> {
    const user = await this.database.client.user.findUnique({ where: { email } });
    const matches = await verifyPassword(password, user?.passwordHash ?? (await this.decoy));
    logins.inc({ result: user && matches ? 'success' : 'failure' });
    if (!user || !matches) throw new UnauthorizedException(['e-mail address or password is wrong']);
    return this.session(user);
  }

  private async session({ id, email, name }: Session['user']): Promise<Session> {
    const token: Token = { sub: id, name };
    return { accessToken: await this.jwt.signAsync(token), user: { id, email, name } };
  }
}
