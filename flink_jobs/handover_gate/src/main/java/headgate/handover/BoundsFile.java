package headgate.handover;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A small file of bounds that is replaced by renaming, read ten times a second by one daemon thread
 * for all gates of a job in this process.
 *
 * <p>A file that is not there yet means open. One that goes missing, or holds something else, leaves
 * the bounds as they were last.
 */
final class BoundsFile {

    private static final Logger LOG = LoggerFactory.getLogger(BoundsFile.class);
    private static final long POLL_MILLIS = 100;
    private static final long STALE_NANOS = 1_000_000_000;
    private static final Map<Path, BoundsFile> WATCHED = new HashMap<>();

    private final Path path;
    private final Set<Consumer<Bounds>> gates = new LinkedHashSet<>();
    private final Thread thread = new Thread(this::poll, "headgate-handover-gate");
    private Bounds last;
    private volatile String problem = "";
    private volatile long lookedAt = System.nanoTime();

    private BoundsFile(Path path, Bounds first) {
        this.path = path;
        this.last = first;
        thread.setDaemon(true);
    }

    /**
     * Gives a gate the bounds, at once and whenever they change, until it is detached.
     *
     * @param required whether the file must be there already
     * @throws IOException if it must and is not, or cannot be read
     */
    static BoundsFile attach(Path path, boolean required, Consumer<Bounds> gate)
            throws IOException {
        synchronized (WATCHED) {
            BoundsFile file = WATCHED.get(path);
            if (file == null) {
                file = new BoundsFile(path, first(path, required));
                WATCHED.put(path, file);
                file.thread.start();
            }
            file.gates.add(gate);
            gate.accept(file.last);
            return file;
        }
    }

    /** Gives the gate nothing any more; the thread ends with its last gate. */
    void detach(Consumer<Bounds> gate) {
        synchronized (WATCHED) {
            if (gates.remove(gate) && gates.isEmpty()) {
                WATCHED.remove(path, this);
                thread.interrupt();
            }
        }
    }

    /**
     * Looks at the file now if the thread has not for a second. After a pause of the whole process
     * a gate would else judge by what was true before it.
     */
    void lookIfStale() {
        if (System.nanoTime() - lookedAt > STALE_NANOS) {
            look();
        }
    }

    private static Bounds first(Path path, boolean required) throws IOException {
        try {
            return Bounds.read(path);
        } catch (NoSuchFileException missing) {
            if (required) {
                throw missing;
            }
            return Bounds.OPEN;
        }
    }

    private void poll() {
        try {
            while (true) {
                Thread.sleep(POLL_MILLIS);
                look();
            }
        } catch (InterruptedException ended) {
            LOG.debug("No gate reads {} any more", path);
        }
    }

    /** One at a time, else what was read earlier could take the place of what was read later. */
    private synchronized void look() {
        long began = System.nanoTime();
        Bounds read = read();
        synchronized (WATCHED) {
            lookedAt = began;
            if (read != null && WATCHED.get(path) == this && !read.equals(last)) {
                last = read;
                gates.forEach(gate -> gate.accept(read));
            }
        }
    }

    private Bounds read() {
        try {
            Bounds read = Bounds.read(path);
            problem = "";
            return read;
        } catch (NoSuchFileException missing) {
            return null;
        } catch (IOException error) {
            if (!problem.equals(error.toString())) {
                problem = error.toString();
                LOG.warn("The bounds stay as they were: {}", problem);
            }
            return null;
        }
    }
}
