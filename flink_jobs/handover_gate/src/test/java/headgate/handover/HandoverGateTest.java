package headgate.handover;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.apache.flink.api.common.functions.WithConfigurationOpenContext;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.functions.FunctionContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HandoverGateTest {

    private static final long DEADLINE_NANOS = 20_000_000_000L;

    @TempDir Path folder;
    private final HandoverGate gate = new HandoverGate();

    @AfterEach
    void closeGate() {
        gate.close();
    }

    @Test
    void gateWithoutParameterIsOpenAndNeedsNoThread() throws Exception {
        open(gate, Map.of());
        assertTrue(gate.eval(5L, "any"));
        assertTrue(gate.eval(null, "any"));
        assertFalse(isPolling());
    }

    @Test
    void fileThatIsNotThereYetLeavesTheGateOpen() throws Exception {
        open(gate, Map.of(HandoverGate.FILE, file().toString()));
        assertTrue(gate.eval(5L));
        write("until=4");
        await(() -> !gate.eval(5L));
        assertTrue(gate.eval(4L));
    }

    @Test
    void gatePassesWhatIsAfterTheOneAndUpToTheOther() throws Exception {
        write("after=10\nuntil=20");
        open(gate, Map.of(HandoverGate.FILE, file().toString()));
        assertFalse(gate.eval(10L));
        assertTrue(gate.eval(11L));
        assertTrue(gate.eval(20L));
        assertFalse(gate.eval(21L));
        assertTrue(gate.eval(TimestampData.fromEpochMillis(20)));
        assertFalse(gate.eval(TimestampData.fromEpochMillis(21)));
    }

    @Test
    void jobThatNeedsItsBoundsDoesNotStartWithoutThem() {
        Map<String, String> parameters =
                Map.of(HandoverGate.FILE, file().toString(), HandoverGate.REQUIRED, "true");
        assertThrows(NoSuchFileException.class, () -> open(gate, parameters));
        assertFalse(isPolling());
    }

    @Test
    void fileThatHoldsSomethingElseIsNotGuessedAt() throws Exception {
        for (String text : new String[] {"after=soon", "afterwards=3", "\\u00zz"}) {
            write(text);
            assertThrows(
                    IOException.class,
                    () -> open(gate, Map.of(HandoverGate.FILE, file().toString())),
                    text);
        }
    }

    @Test
    void fileThatGoesMissingOrBadLeavesTheBoundsAsTheyWere() throws Exception {
        write("until=4");
        open(gate, Map.of(HandoverGate.FILE, file().toString()));
        HandoverGate other = new HandoverGate();
        Path second = folder.resolve("other");
        write("until=9");
        await(() -> gate.eval(9L));
        Files.delete(file());
        write(second, "until=1");
        open(other, Map.of(HandoverGate.FILE, second.toString()));
        write(second, "nonsense=1");
        write(second, "until=2");
        await(() -> other.eval(2L));
        other.close();
        assertTrue(gate.eval(9L));
        assertFalse(gate.eval(10L));
    }

    @Test
    void gateTellsWhatItHadJudgedBeforeItsBoundsChanged() throws Exception {
        open(gate, Map.of(HandoverGate.FILE, file().toString()));
        gate.eval(7L);
        gate.eval(5L);
        assertEquals(Long.MIN_VALUE, gate.judgedBefore());
        write("until=8");
        await(() -> gate.current().until == 8);
        gate.eval(9L);
        assertEquals(7, gate.judgedBefore());
        assertEquals(9, gate.judged());
    }

    @Test
    void oneThreadServesAllGatesAndEndsWithTheLast() throws Exception {
        HandoverGate second = new HandoverGate();
        Map<String, String> parameters = Map.of(HandoverGate.FILE, file().toString());
        open(gate, parameters);
        open(second, parameters);
        gate.close();
        write("until=4");
        await(() -> !second.eval(5L));
        second.close();
        await(() -> !isPolling());
    }

    @Test
    void gateThatHasNotHeardOfItsFileForLongLooksItself() throws Exception {
        open(gate, Map.of(HandoverGate.FILE, file().toString()));
        Thread.getAllStackTraces().keySet().stream()
                .filter(t -> t.getName().equals("headgate-handover-gate"))
                .forEach(Thread::interrupt);
        await(() -> !isPolling());
        write("until=4");
        await(() -> !gate.eval(5L));
    }

    @Test
    void resultWithoutBoundIsNeitherLostNorRepeatedInSilence() throws Exception {
        write("until=4");
        open(gate, Map.of(HandoverGate.FILE, file().toString()));
        assertThrows(IllegalStateException.class, () -> gate.eval(null));
    }

    private Path file() {
        return folder.resolve("bounds");
    }

    private void write(String text) throws IOException {
        write(file(), text);
    }

    private void write(Path target, String text) throws IOException {
        Path unfinished = folder.resolve("unfinished");
        Files.writeString(unfinished, text);
        Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE);
    }

    private static void open(HandoverGate gate, Map<String, String> parameters) throws IOException {
        Configuration configuration = Configuration.fromMap(parameters);
        ClassLoader loader = HandoverGateTest.class.getClassLoader();
        gate.open(
                new FunctionContext(
                        null, loader, new WithConfigurationOpenContext(configuration)));
    }

    private static boolean isPolling() {
        return Thread.getAllStackTraces().keySet().stream()
                .anyMatch(t -> t.isAlive() && t.getName().equals("headgate-handover-gate"));
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + DEADLINE_NANOS;
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < deadline, "the condition did not come true");
            Thread.sleep(10);
        }
    }
}
