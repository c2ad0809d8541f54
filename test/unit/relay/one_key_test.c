/* Several streams with one key: a machine that came back, or two machines. */
#include "unit/relay/ends.h"

static const struct relay_server_stats *stats(const struct ends *e)
{
	return relay_server_stats(e->server);
}

static struct bytes text(const char *s)
{
	return (struct bytes){(const uint8_t *)s, strlen(s)};
}

static void the_connection_that_was_heard_last_gets_the_packets(void **state)
{
	struct ends e;
	struct end a, b1, b2, b3;
	struct derp_frame ping = {.type = DERP_PING};
	ends_init(&e, 5, 0);
	end_join(&e, &a);
	end_join(&e, &b1);
	end_join_as(&e, &b2, &b1);
	end_join_as(&e, &b3, &b1);
	assert_true(end_send(&e, &a, &b1.key, text("to the newest")));
	end_expect_packet(&e, &b3, &a, text("to the newest"));
	assert_true(end_write_frame(&e, &b1, &ping));
	(void)end_expect(&e, &b1, DERP_PONG);
	assert_true(end_send(&e, &a, &b1.key, text("to the one heard")));
	end_expect_packet(&e, &b1, &a, text("to the one heard"));
	assert_true(end_send(&e, &b1, &a.key, text("y")));
	end_expect_packet(&e, &a, &b1, text("y"));

	end_close(&e, &b1); /* not the last one: no client is told */
	end_expect_nothing(&e, &a);
	assert_true(end_send(&e, &a, &b1.key, text("to one of the others")));
	struct end *heir = relay_server_output(e.server, b3.id, b3.buffer, 1, e.now) ? &b3 : &b2;
	end_close(&e, heir == &b3 ? &b2 : &b3);
	assert_true(end_send(&e, &a, &b1.key, text("still there")));
	end_close(&e, heir);
	end_expect_gone(&e, &a, &b1.key, DERP_GONE_DISCONNECTED); /* although b1 was the sender */
	assert_true(end_send(&e, &a, &b1.key, text("gone")));
	assert_int_equal(stats(&e)->dropped_unknown, 1);
	end_close(&e, &a);
	ends_fini(&e);
}

static void speaks(struct ends *e, struct end *c)
{
	assert_true(end_write_frame(e, c, &(struct derp_frame){.type = DERP_PING}));
	(void)end_expect(e, c, DERP_PONG);
}

static void two_machines_with_one_key_are_told(void **state)
{
	static const char *const said = "another machine uses the same node key";
	struct ends e;
	struct end b1, b2;
	ends_init(&e, 2, 0);
	end_join(&e, &b1);
	end_join_as(&e, &b2, &b1);
	speaks(&e, &b1); /* the old stream of a machine that came back may bring this, too */
	speaks(&e, &b2);
	speaks(&e, &b1);
	for (int i = 0; i < 3; i++) {
		e.now += 10 * SECOND;
		end_expect_nothing(&e, &b1);
		end_expect_nothing(&e, &b2);
		speaks(&e, &b2);
		if (i < 2)
			speaks(&e, &b1);
	}
	struct derp_frame f = end_expect(&e, &b2, DERP_HEALTH);
	assert_memory_equal(f.health.p, said, strlen(said));
	f = end_expect(&e, &b1, DERP_HEALTH);
	assert_memory_equal(f.health.p, said, strlen(said));
	speaks(&e, &b1); /* once is enough */
	end_expect_nothing(&e, &b1);
	end_close(&e, &b2);
	f = end_expect(&e, &b1, DERP_HEALTH);
	assert_int_equal(f.health.n, 0);
	end_expect_nothing(&e, &b1);
	end_close(&e, &b1);
	ends_fini(&e);
}

static void a_machine_that_came_back_is_no_second_one(void **state)
{
	struct ends e;
	struct end old, new;
	ends_init(&e, 2, 0);
	end_join(&e, &old);
	end_join_as(&e, &new, &old);
	speaks(&e, &old); /* what was under way */
	speaks(&e, &new);
	e.now += 60 * SECOND;
	speaks(&e, &old); /* it comes back once more */
	speaks(&e, &new);
	end_expect_nothing(&e, &new);
	end_close(&e, &old);
	end_expect_nothing(&e, &new);
	end_close(&e, &new);
	ends_fini(&e);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(the_connection_that_was_heard_last_gets_the_packets),
	cmocka_unit_test(two_machines_with_one_key_are_told),
	cmocka_unit_test(a_machine_that_came_back_is_no_second_one),
};
RUN_TESTS(tests)
