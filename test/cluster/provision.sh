#!/usr/bin/env bash
# provision.sh KUBECTL: what a provisioner does for StorageClass "standard" (provisioner example.com/folders): makes a volume for each
# claim of it, a folder on the one node. Runs until it is ended.
set -u
kubectl=$1
while :; do
  "$kubectl" get pvc --all-namespaces --watch \
    -o jsonpath='{.metadata.namespace} {.metadata.name} {.metadata.uid} {.spec.resources.requests.storage} {.spec.accessModes[0]} {.status.phase}{.spec.storageClassName}{"\n"}' |
    while read -r namespace name uid size mode phase; do
      [ "$phase" = Pendingstandard ] || continue
      "$kubectl" create -f - <<JSON
{"apiVersion":"v1","kind":"PersistentVolume","metadata":{"name":"pvc-$uid","annotations":{"pv.kubernetes.io/provisioned-by":"example.com/folders"}},
 "spec":{"capacity":{"storage":"$size"},"accessModes":["$mode"],"persistentVolumeReclaimPolicy":"Retain","storageClassName":"standard",
 "claimRef":{"apiVersion":"v1","kind":"PersistentVolumeClaim","namespace":"$namespace","name":"$name","uid":"$uid"},
 "hostPath":{"path":"/var/lib/volumes/$uid","type":"DirectoryOrCreate"}}}
JSON
    done
done
