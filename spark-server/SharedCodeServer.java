import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.connect.service.SparkConnectService;
import org.apache.spark.sql.connect.service.SparkConnectService$;

/**
 * A Spark Connect server whose sessions share the code that Spark generates for their queries.
 *
 * Spark's own main class gives every session a class loader of its own, for the libraries that a client
 * uploads. Generated code is kept for one class loader, so each run would compile the same queries again.
 * Clicklake uploads no libraries.
 */
public final class SharedCodeServer {
  public static void main(String[] args) throws Exception {
    SparkSession session = SparkSession.builder().getOrCreate();
    try {
      SparkConnectService.start(session.sparkContext());
    } catch (Exception error) {
      error.printStackTrace();
      // Threads of Spark would keep the process alive.
      System.exit(1);
    }
    SparkConnectService$.MODULE$.server().awaitTermination();
  }
}
